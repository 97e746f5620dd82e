import type { NewMessage, Tx } from '../../src/app/commit-ports';
import { purposeKey } from '../../src/app/channel-ports';
import { stageMessages, stageOpening } from '../../src/app/stage-messages';
import type { ExecutionState } from '../../src/core/execution/state';
import { applyEvent, type ExecutionEvent } from '../../src/core/execution/transition';
import {
  ANN,
  BEA,
  chainOf,
  contextOf,
  killOf,
  levelOf,
  openedUnder,
  OPENED_MS,
  resolveIn,
  TIMEOUT_MS,
  voteBy,
} from '../core/execution/state-builders';
import { rowOf } from './app-builders';

const PEOPLE = resolveIn({ 'role:a': [ANN], 'role:b': [BEA] });
const CHAIN = chainOf({
  levels: [
    levelOf('a', { onTimeout: 'escalate', remindersMs: [500, 800] }),
    levelOf('b', { remindersMs: [100] }),
  ],
  notifyOn: {
    approved: [{ kind: 'channel', channel: 'finance' }],
    rejected: [],
    expired: [{ kind: 'channel', channel: 'ops' }],
  },
});
const untold = openedUnder(CHAIN, PEOPLE);
const at = (afterMs: number, rest = {}) =>
  contextOf({ resolve: PEOPLE, nowMs: OPENED_MS + afterMs, ...rest });
const told = applyEvent(untold, { kind: 'told', level: 1 }, at(0)).state;

function collecting(): { readonly tx: Tx; readonly asked: () => string[] } {
  const messages: NewMessage[] = [];
  const tx: Partial<Tx> = { putMessage: (message) => void messages.push(message) };
  return { tx: tx as Tx, asked: () => messages.map(({ purpose }) => purposeKey(purpose)) };
}

const asked = async (state: ExecutionState, event: ExecutionEvent, afterMs: number, rest = {}) => {
  const { tx, asked: purposes } = collecting();
  const moved = applyEvent(state, event, at(afterMs, rest));
  await stageMessages(tx, rowOf(moved.state), moved.records);
  return purposes();
};
const DUE: ExecutionEvent = { kind: 'due' };

describe('what channels are asked for', () => {
  it.each<[string, ExecutionEvent, number, string[]]>([
    ['a reminder', DUE, 500, ['reminder:1:1']],
    ['two reminders found late, once', DUE, 900, ['reminder:1:2']],
    ['an approval, and whom the chain names', voteBy(ANN), 1, ['ended', 'notice:#finance']],
    ['a rejection', voteBy(ANN, { verdict: 'reject' }), 1, ['ended']],
    ['an end by time', DUE, 3 * TIMEOUT_MS, ['ended', 'notice:#ops']],
    ['a cancellation', { kind: 'cancel', by: ANN, reason: 'x' }, 1, ['ended']],
    ['a refused vote', voteBy(BEA), 1, []],
    ['a level that opens: its workflow tells it', DUE, TIMEOUT_MS, []],
    [
      'a vote that finds a late reminder: the end alone',
      voteBy(ANN),
      900,
      ['ended', 'notice:#finance'],
    ],
    ['a reminder of a level nobody was told of', DUE, TIMEOUT_MS + 100, []],
  ])('%s', async (_, event, afterMs, expected) => {
    expect(await asked(told, event, afterMs)).toEqual(expected);
  });

  it('nothing in the thread for a kill switch: the cards speak', async () => {
    expect(await asked(told, { kind: 'kill' }, 1, { kills: [killOf()] })).toEqual([]);
  });

  it('nothing at all before anybody was told: there is no card', async () => {
    for (const event of [DUE, voteBy(ANN)])
      for (const afterMs of [1, 500, 3 * TIMEOUT_MS])
        expect(await asked(untold, event, afterMs)).toEqual([]);
  });

  it('the end of an approval that nobody released is told no second time', async () => {
    const approved = applyEvent(told, voteBy(ANN), at(1)).state;
    expect(await asked(approved, DUE, 60_000)).toEqual([]);
  });
});

describe('the opening of a level', () => {
  it('asks for the card, the call in its thread and copies for people on call', () => {
    const { tx, asked: purposes } = collecting();
    stageOpening(tx, rowOf(told), [ANN]);
    expect(purposes()).toEqual(['card', 'opened:1', 'copy:user:ann']);
  });

  it('asks for nothing once it is over', () => {
    const { tx, asked: purposes } = collecting();
    stageOpening(tx, rowOf(applyEvent(told, voteBy(ANN), at(1)).state), []);
    expect(purposes()).toEqual([]);
  });
});
