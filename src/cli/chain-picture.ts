import type { ChainDefinition, ChainLevel } from '../core/escalation/chain';
import { durationText, joined, peopleText, timeoutText } from '../core/escalation/describe-chain';
import { inertText } from './inert-text';
import type { Colors } from './output';

/**
 * A chain as a ladder, the last level on top: people, timer, reminders and what follows silence on each rung.
 * Every text of the chain is inert.
 */
export function chainPicture(chain: ChainDefinition, colors: Colors): string {
  const width = Math.max(...chain.levels.map(({ name }) => name.length));
  const rungs = [...chain.levels].reverse().map((level) => rung(chain, level, width, colors));
  return [...rungs, colors.dim('╨──╨')].join('\n');
}

function rung(chain: ChainDefinition, level: ChainLevel, width: number, colors: Colors): string {
  const starts = chain.startLevels
    .filter((start) => start.level === level.number)
    .map(({ riskAtLeast }) => `starts here from risk ${String(riskAtLeast)} on`);
  const reminders = level.remindersMs.map(durationText);
  const lines = [
    `${durationText(level.timeoutMs)}, then ${inertText(timeoutText(chain, level))}`,
    ...(reminders.length === 0 ? [] : [`reminds after ${joined(reminders)}`]),
    ...(level.when === undefined ? [] : ['only where its condition holds']),
    ...starts,
  ];
  const name = colors.bold(inertText(level.name).padEnd(width));
  const beside = ' '.repeat(width);
  return [
    `${colors.dim('╟──╢')} ${name}  ${inertText(peopleText(level.groups))}`,
    ...lines.map((line) => `${colors.dim('║  ║')} ${beside}  ${colors.dim(line)}`),
  ].join('\n');
}
