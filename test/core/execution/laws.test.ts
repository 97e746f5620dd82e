import fc from 'fast-check';
import { killedSince } from '../../../src/core/controls/kill-switch';
import { standingGroups } from '../../../src/core/escalation/ladder';
import { quorumReached } from '../../../src/core/escalation/quorum';
import { settle } from '../../../src/core/execution/settle';
import { dueAtMs, isOpen, statusOf, type ExecutionState } from '../../../src/core/execution/state';
import { applyEvent } from '../../../src/core/execution/transition';
import { contextOf, OPENED_MS, wordOf } from './state-builders';
import { anyStory, play, type Scene, type Story } from './random-story';

const RUNS = { numRuns: 400 };
const FOREVER_MS = Number.MAX_SAFE_INTEGER;

const forEveryStory = (law: (story: Story) => void): void => {
  fc.assert(fc.property(anyStory, law), RUNS);
};
const forEveryScene = (law: (scene: Scene) => void): void => {
  forEveryStory((story) => {
    play(story).scenes.forEach(law);
  });
};
const statesOf = (story: Story): ExecutionState[] => {
  const { first, scenes } = play(story);
  return [first, ...scenes.map(({ after }) => after.state)];
};
const released = ({ before, after }: Scene): boolean =>
  after.state.run.kind === 'executing' && before.run.kind !== 'executing';
const voidable = (state: ExecutionState): boolean =>
  isOpen(state) || (state.verdict === 'approved' && state.run.kind === 'none');

const ELSEWHERE = { scope: 'agent', target: 'another-bot' } as const;
/** As long a pause, with nothing engaged: there is nothing to lift then. */
const withoutEngagement = (each: Story['happenings'][number]): Story['happenings'][number] =>
  each.kind === 'engage' ? { kind: 'lift', pauseMs: each.pauseMs } : each;

/** What a run may become. Everything else it stays. */
const NEXT_RUNS: Readonly<Record<string, readonly string[]>> = {
  none: ['executing', 'void'],
  executing: ['committed', 'failed', 'unknown'],
  unknown: ['committed', 'failed'],
  committed: [],
  failed: [],
  void: [],
};

describe('laws of the one transition, over random ladders, people and times', () => {
  it('the stories are rich enough: every status and most answers occur in them', () => {
    const statuses = new Set<string>();
    const answers = new Set<string>();
    const sample = fc.sample(anyStory, { numRuns: 2_000, seed: 1 });
    for (const story of sample)
      for (const { after } of play(story).scenes) {
        statuses.add(statusOf(after.state));
        answers.add(wordOf(after.answer));
      }
    expect([...statuses].sort()).toEqual([
      'approved',
      'cancelled',
      'committed',
      'executing',
      'expired',
      'failed',
      'killed',
      'outcome_unknown',
      'parked',
      'pending_approval',
      'rejected',
    ]);
    expect(answers.size).toBeGreaterThanOrEqual(14);
  });

  it('I-6: the first terminal verdict stands, and a run only ever goes forward', () => {
    forEveryScene(({ before, after: { state } }) => {
      if (!isOpen(before)) expect(state.verdict).toBe(before.verdict);
      if (state.run.kind !== before.run.kind) {
        const [once, twice] = [NEXT_RUNS[before.run.kind] ?? [], NEXT_RUNS['executing'] ?? []];
        // A report at the outcome deadline finds the run unknown and settles it in one step.
        const reach = before.run.kind === 'executing' ? [...once, ...twice] : once;
        expect(reach).toContain(state.run.kind);
      }
    });
  });

  it('the version grows by one with each change, and what did not change is the same object', () => {
    forEveryScene(({ before, after: { state, records, answer } }) => {
      const { version } = state;
      if (state === before) {
        expect(records).toEqual([]);
        if (answer.kind === 'ok' && !answer.repeated) expect(version).toBe(before.version);
      } else {
        expect(version).toBe(before.version + 1);
        expect({ ...state, version: 0 }).not.toEqual({ ...before, version: 0 });
      }
    });
  });

  it('I-6: a refusal or a repeat leaves only what time and kill switches had done already', () => {
    forEveryScene(({ before, after: { state, records, answer }, context }) => {
      const word = wordOf(answer);
      if (word === 'ok' || word === 'basis_changed') return;
      const settled = settle(before, context);
      expect({ ...state, version: 0 }).toEqual({ ...settled.state, version: 0 });
      expect(records).toEqual(settled.records);
    });
  });

  it('I-4: at most one release, of one attempt, and only of what was approved', () => {
    forEveryStory((story) => {
      const releases = play(story).scenes.filter(released);
      expect(releases.length).toBeLessThanOrEqual(1);
      for (const { event, after, context } of releases) {
        expect(event.kind).toBe('release');
        expect(after.state.verdict).toBe('approved');
        expect(context.recheck()).toEqual({ kind: 'same' });
      }
    });
  });

  it('I-7: after a kill switch whatever was not released is void, lifted or not', () => {
    forEveryScene((scene) => {
      const { before, after, context } = scene;
      if (killedSince(context.kills, before.decidedSeq, context.subjects) === undefined) return;
      expect(voidable(after.state)).toBe(false);
      expect(released(scene)).toBe(false);
      expect(after.counted).toBeUndefined();
    });
  });

  it('I-7: a kill switch out of scope changes nothing', () => {
    forEveryStory((story) => {
      const elsewhere = story.happenings.map((each) =>
        each.kind === 'engage' ? { ...each, reach: ELSEWHERE } : each,
      );
      const without = play({ ...story, happenings: elsewhere.map(withoutEngagement) });
      const outcomes = ({ scenes }: typeof without) => scenes.map(({ after }) => after);
      expect(outcomes(play({ ...story, happenings: elsewhere }))).toEqual(outcomes(without));
    });
  });

  it('I-8: nothing counts at or after its deadline', () => {
    forEveryScene((scene) => {
      const { before, after, context } = scene;
      const { nowMs } = context;
      const lifeEnds = before.expiresAtMs ?? FOREVER_MS;
      if (after.counted !== undefined) {
        const { state } = settle(before, context);
        const deadlineMs = state.approval?.level.deadlineMs ?? 0;
        expect(isOpen(state)).toBe(true);
        expect(nowMs).toBeLessThan(lifeEnds);
        expect(nowMs).toBeLessThan(state.verdict === 'parked' ? FOREVER_MS : deadlineMs);
        expect(after.counted).toMatchObject({ level: state.approval?.level.number, atMs: nowMs });
      }
      if (released(scene)) {
        expect(nowMs).toBeLessThan(after.state.validUntilMs ?? 0);
        expect(nowMs).toBeLessThan(lifeEnds);
      }
    });
  });

  it('I-8: an event finds what a punctual timer would have left, however late the timer', () => {
    forEveryScene(({ before, event, context, after }) => {
      const first = applyEvent(before, { kind: 'due' }, context);
      const then = applyEvent(first.state, event, context);
      expect({ ...then.state, version: 0 }).toEqual({ ...after.state, version: 0 });
      expect(then.answer).toEqual(after.answer);
      expect([...first.records, ...then.records]).toEqual(after.records);
    });
  });

  it('I-11: what is approved was approved by the people asked, or by a timeout that says so', () => {
    forEveryScene(({ before, after: { state, records, counted }, context }) => {
      if (before.verdict === 'approved' || state.verdict !== 'approved') return;
      const bySilence = records.some(
        (record) =>
          record.kind === 'ladder' &&
          record.event.kind === 'level_timed_out' &&
          record.event.action === 'approve',
      );
      const { approval } = state;
      const humans = (approval?.votes ?? [])
        .filter((vote) => vote.verdict === 'approve' && vote.level === approval?.level.number)
        .map((vote) => vote.principal);
      const asked = approval === undefined ? [] : standingGroups(approval, context.resolve);
      const byPeople = counted?.verdict === 'approve' && quorumReached(asked, humans);
      expect(bySilence || byPeople).toBe(true);
      expect(bySilence && byPeople).toBe(false);
    });
  });

  it('I-5: each human has one vote at a level, and one at all where levels want distinct humans', () => {
    forEveryStory((story) => {
      const votes = statesOf(story).at(-1)?.approval?.votes ?? [];
      const distinct = story.chain.separation.distinctAcrossLevels;
      const seats = votes.map((vote) => `${distinct ? '' : String(vote.level)} ${vote.principal}`);
      expect(new Set(seats).size).toBe(seats.length);
      for (const vote of votes)
        for (const other of votes)
          expect(other.principal !== vote.principal && other.issuer === vote.principal).toBe(false);
    });
  });

  it('settling is idempotent', () => {
    forEveryStory((story) => {
      for (const { before, context } of play(story).scenes) {
        const once = settle(before, context);
        const twice = settle(once.state, context);
        expect(twice.state).toBe(once.state);
        expect(twice.records).toEqual([]);
      }
    });
  });

  it('dueAtMs is the exact moment at which time alone changes the state, or undefined when it never will', () => {
    forEveryStory((story) => {
      for (const state of statesOf(story)) {
        const at = (nowMs: number) => settle(state, contextOf({ nowMs })).state;
        const due = dueAtMs(state);
        if (due === undefined) {
          expect(at(FOREVER_MS)).toBe(state);
        } else {
          expect(at(due - 1)).toBe(state);
          expect(at(due)).not.toBe(state);
        }
      }
    });
  });

  it('timers alone end every story in a few steps, each later than the one before', () => {
    forEveryStory((story) => {
      let state = statesOf(story).at(-1);
      let nowMs = OPENED_MS;
      for (let step = 0; state !== undefined; step += 1) {
        const due = dueAtMs(state);
        if (due === undefined) break;
        expect(step).toBeLessThanOrEqual(story.chain.levels.length + 2);
        nowMs = Math.max(nowMs, due);
        state = settle(state, contextOf({ nowMs })).state;
      }
      if (state !== undefined && isOpen(state)) expect(state.verdict).toBe('parked');
    });
  });

  it('I-10: the same events give the same states, records and answers again', () => {
    forEveryStory((story) => {
      const [once, again] = [play(story), play(story)];
      expect(again.scenes.map(({ after }) => after)).toEqual(once.scenes.map(({ after }) => after));
    });
  });
});
