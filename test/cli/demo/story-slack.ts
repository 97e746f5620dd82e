import type { DemoSlack, ShownForm, ShownMessage } from '../../../src/cli/demo/demo-slack';
import type { Defect } from './defect';

const PATIENCE_MS = 400;
const STEP_MS = 20;
const MIN_LENGTH = 10;

interface Request {
  phase: 'L1' | 'L2' | 'approved' | 'killed';
  readonly notes: ShownMessage[];
  rationale: string;
}

/** Slack as the people of the story would see it, in memory; the server tells it what happens. */
export interface StorySlack extends DemoSlack {
  /** A request is pending: a reminder and the next level come after moments. */
  opened(executionId: string): void;
  killed(): void;
}

const HEADLINES: Readonly<Record<Request['phase'], string>> = {
  L1: 'L1 approval needed · issue_refund',
  L2: 'L2 approval needed · issue_refund',
  approved: '✅ Approved · issue_refund',
  killed: '🛑 Stopped by a kill switch · issue_refund',
};

function textOf({ phase, rationale }: Request, defect: Defect | undefined, copy: number): string {
  const lines = [
    defect === 'card_stays_open' && phase === 'killed' ? HEADLINES.L1 : HEADLINES[phase],
    `"amount": ${defect === 'other_arguments' ? 45 : 450}`,
  ];
  if (phase === 'approved') lines.push(`✅ @carol approved “${rationale}”`);
  const closed = phase === 'approved' || phase === 'killed';
  if (!closed || (defect === 'copy_keeps_buttons' && copy > 0)) lines.push('[Approve] [Reject]');
  return lines.join('\n');
}

export function createStorySlack(vote: () => void, defect?: Defect): StorySlack {
  const requests = new Map<string, Request>();
  const forms = new Map<string, ShownForm>();
  const accounts: string[] = [];
  const message = (text: string, mentions: readonly string[] = [], copy = 0): ShownMessage => ({
    ...{ channel: `C${String(copy)}`, ts: '1.1', text, mentions },
  });
  const accountOf = (name: string): string => `U${name.toUpperCase()}`;
  const climb = (request: Request): void => {
    if (defect !== 'no_reminder')
      setTimeout(() => request.notes.push(message('Reminder: L1')), STEP_MS);
    if (defect !== 'stays_at_l1')
      setTimeout(() => {
        if (request.phase === 'L1') request.phase = 'L2';
        const called = defect === 'calls_nobody' ? [] : [accountOf('carol')];
        request.notes.push(message('L2 is asked', called));
      }, 2 * STEP_MS);
  };
  return {
    teamId: 'T1',
    patienceMs: PATIENCE_MS,
    join: (name) => {
      accounts.push(accountOf(name));
      return accountOf(name);
    },
    opened: (id) => {
      const notes = [message('L1 is asked', [accountOf('alice')])];
      const request: Request = { phase: 'L1', notes, rationale: '' };
      requests.set(id, request);
      climb(request);
    },
    killed: () => {
      for (const request of requests.values())
        if (request.phase !== 'approved') request.phase = 'killed';
    },
    cards: (id) => {
      const request = requests.get(id);
      if (request === undefined) return [];
      const copies = request.phase === 'L1' || request.phase === 'killed' ? [0] : [0, 1];
      return copies.map((copy) => message(textOf(request, defect, copy), [], copy));
    },
    thread: () => [...requests.values()][0]?.notes ?? [],
    press: async (account) => {
      const linked = account !== accountOf('mallory') || defect === 'serves_strangers';
      forms.set(account, {
        title: linked ? 'Approve' : 'Not open',
        text: linked ? '"amount": 450' : 'This account is linked to nobody who may decide here.',
        takesAnswer: linked,
        errors: [],
      });
    },
    form: (account) => forms.get(account),
    submit: async (account, rationale) => {
      const form = forms.get(account);
      if (form === undefined) throw new Error('no form is open');
      if (rationale.trim().length < MIN_LENGTH && defect !== 'takes_short_reasons') {
        forms.set(account, { ...form, errors: ['Give a reason of at least 10 characters.'] });
        return;
      }
      forms.set(account, { ...form, title: 'Approved', takesAnswer: false, errors: [] });
      for (const request of requests.values())
        if (request.phase === 'L2') Object.assign(request, { phase: 'approved', rationale });
      vote();
    },
  };
}
