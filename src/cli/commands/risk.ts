import type { Command } from 'commander';
import type { CommandContext, Run } from '../command-context';
import { EXIT } from '../exit-codes';
import { describeRisk, describeRiskModel } from '../risk-text';
import { requestBody, requestOptions, type RequestOptions } from './execute';

export function registerRisk(program: Command, run: Run): void {
  const group = program.command('risk').description('how risky a request is, and why');
  requestOptions(group.command('score').description('score a request without deciding it')).action(
    run(score),
  );
  group
    .command('factors')
    .description('print the factors of the score and their weights')
    .action(run(factors));
}

async function score({ api, out }: CommandContext, options: RequestOptions): Promise<number> {
  const risk = await api().scoreRisk(requestBody(options));
  out.result(risk, () => describeRisk(out, risk));
  return EXIT.ok;
}

async function factors({ api, out }: CommandContext): Promise<number> {
  const model = await api().riskModel();
  out.result(model, () => describeRiskModel(out, model));
  return EXIT.ok;
}
