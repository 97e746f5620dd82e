import { DomainError } from '../../src/core/errors';
import { card, closedCard } from './card-builders';
import { entitiesIn, NO_ENTITIES } from './reading';
import { refusal } from './recording-inbox';
import { createStage, type Stage } from './slack-stage';
import { eventually } from '../support/eventually';

const aMoment = (ms: number) => new Promise((resume) => setTimeout(resume, ms));

const HIGH = { risk: { score: 80, level: 'high' } } as const;

describe.each(['socket', 'http'] as const)('what people do, over %s', (mode) => {
  let stage: Stage;
  beforeEach(async () => {
    stage = await createStage(mode);
  });
  afterEach(async () => {
    await stage.close();
  });

  const click = async (actionId: string, option?: string) => {
    const place = await stage.post(stage.inbox.shown);
    return stage.slack.click({
      user: stage.alice,
      channel: place.channelId,
      ts: place.ts,
      actionId,
      ...(option === undefined ? {} : { option }),
    });
  };
  /** Within one second the signature would be the same, and no signature counts twice. */
  const redeliver = async () => {
    if (mode === 'http') await aMoment(1_100);
    return stage.slack.redeliver();
  };
  const lastNote = () => stage.slack.ephemerals(stage.alice).at(-1)?.renderedText ?? '';
  const answered = async (text: string) =>
    eventually(async () => lastNote().includes(text), { what: text });
  const topView = () => stage.slack.views(stage.alice).at(-1);
  const viewShows = async (text: string) =>
    eventually(async () => topView()?.renderedText.includes(text) === true, {
      what: `${text} in ${topView()?.renderedText}`,
    });

  it('counts one click as one vote, bound to what the card showed, and says so privately', async () => {
    expect(await click('cs:approve')).toMatchObject({ acked: true });
    await answered('Your approval is recorded.');
    expect(lastNote()).toContain('audit #48812');
    const [place] = stage.slack.messages(stage.channel);
    expect(stage.inbox.votes).toMatchObject([
      {
        account: { teamId: stage.slack.teamId, userId: stage.alice },
        place: { channelId: stage.channel, ts: place?.ts },
        button: { level: 2, digest: '9f3c9f3c9f3c9f3c', version: 3 },
        verdict: 'approve',
        rationale: '',
        isExternal: false,
      },
    ]);
    expect(stage.slack.violations()).toEqual([]);
  });

  it('leaves the card itself alone: others render it', async () => {
    await click('cs:reject');
    await answered('Your rejection is recorded.');
    expect(stage.slack.messages(stage.channel)[0]?.edited).toBeUndefined();
  });

  it('counts a delivery that comes twice once', async () => {
    await click('cs:approve');
    await answered('Your approval is recorded.');
    expect(await redeliver()).toMatchObject({ acked: true });
    await answered('This is the same vote as before; it counts once.');
    expect(stage.inbox.votes).toHaveLength(2);
    expect(stage.inbox.counted.size).toBe(1);
  });

  it('passes a second press on as a second command, for the inbox to judge', async () => {
    const { channelId: channel, ts } = await stage.post();
    const press = { user: stage.alice, channel, ts, actionId: 'cs:approve' };
    const first = stage.slack.click(press);
    await aMoment(20);
    await Promise.all([first, stage.slack.click(press)]);
    await eventually(async () => stage.inbox.votes.length === 2);
    expect(new Set(stage.inbox.votes.map(({ commandId }) => commandId)).size).toBe(2);
  });

  it.each(['already_voted', 'not_eligible', 'expired', 'unlinked', 'forged'] as const)(
    'tells somebody refused as %s why, and how it stands',
    async (code) => {
      stage.inbox.refuseWith = refusal({
        refusal: code,
        why: `Because of ${code}.`,
        howToFix: 'Ask Bob <@U0BOB>.',
        card: closedCard('rejected', { reason: 'Wrong customer.' }),
      });
      expect(await click('cs:approve')).toMatchObject({ acked: true });
      await answered(`Because of ${code}. Ask Bob <@U0BOB>.`);
      expect(lastNote()).toContain('❌ Rejected: Wrong customer.');
      const note = stage.slack.ephemerals(stage.alice).at(-1);
      expect(entitiesIn({ blocks: note?.blocks ?? [], text: note?.text ?? '' })).toEqual(
        NO_ENTITIES,
      );
    },
  );

  it('acknowledges in time when the vote takes longer than Slack waits, and answers later', async () => {
    stage.inbox.delayMs = 2_900;
    const result = await click('cs:approve');
    expect(result).toMatchObject({ acked: true });
    expect(result.ackMs).toBeLessThan(3_000);
    await answered('Your approval is recorded.');
    expect(stage.slack.violations()).toEqual([]);
  });

  it('counts what a delivery waited on its way among the time it has', async () => {
    stage.inbox.firstSightMs = 1_500;
    stage.inbox.delayMs = 2_900;
    expect(await click('cs:approve')).toMatchObject({ acked: true });
    await answered('Your approval is recorded.');
    expect(stage.slack.violations()).toEqual([]);
  });

  it('says that it does not know when the vote fails', async () => {
    stage.inbox.failWith = new Error('no database');
    expect(await click('cs:approve')).toMatchObject({ acked: true });
    await answered('may or may not have been recorded');
  });

  it('explains a button it does not know', async () => {
    const { channelId: channel, ts } = await stage.post();
    const old = { type: 'button', action_id: 'cs:old', text: { type: 'plain_text', text: 'Old' } };
    const result = await stage.slack.clickStale({
      user: stage.alice,
      channel,
      ts,
      actionId: 'cs:old',
      blocks: [{ type: 'actions', block_id: 'b', elements: [old] }],
    });
    expect(result).toMatchObject({ acked: true });
    await answered('This button is not in use any more; nothing was recorded.');
    expect(stage.inbox.votes).toEqual([]);
  });

  it('does not act on a value that no card ever carried', async () => {
    const { channelId: channel, ts } = await stage.post();
    const forged = {
      type: 'button',
      action_id: 'cs:approve',
      text: { type: 'plain_text', text: 'Approve' },
      value: 'v1.everything.1.ffffffffffffffff.1',
    };
    await stage.slack.clickStale({
      user: stage.alice,
      channel,
      ts,
      actionId: 'cs:approve',
      blocks: [{ type: 'actions', block_id: 'b', elements: [forged] }],
    });
    await answered('nothing was recorded');
    expect(stage.inbox.votes).toEqual([]);
  });

  it('names the place of the press, so that a card of somebody else is found out', async () => {
    const { channelId: channel, ts } = await stage.post();
    const blocks = stage.slack.messages(channel)[0]?.blocks ?? [];
    const copy = stage.slack.say({ user: stage.alice, channel, text: 'look' });
    await stage.slack.clickStale({
      user: stage.alice,
      channel,
      ts: copy.ts,
      actionId: 'cs:approve',
      blocks,
    });
    await eventually(async () => stage.inbox.votes.length === 1);
    expect(stage.inbox.votes[0]?.place).toEqual({ channelId: channel, ts: copy.ts });
    expect(copy.ts).not.toBe(ts);
  });

  it('marks a person of another organisation', async () => {
    const { id: user } = stage.slack.addUser({ name: 'eve', teamId: 'T0OTHER' });
    const { channelId: channel, ts } = await stage.post();
    await stage.slack.click({ user, channel, ts, actionId: 'cs:approve' });
    await eventually(async () => stage.inbox.votes.length === 1);
    expect(stage.inbox.votes[0]).toMatchObject({
      account: { teamId: 'T0OTHER', userId: user },
      isExternal: true,
    });
  });

  it('shows details, ids and help without deciding anything', async () => {
    await click('cs:details');
    await viewShows('workflow    exec-01980000-0000-7000-8000-000000000001');
    await viewShows('"sku": "a"');
    const value = `v1.01980000-0000-7000-8000-000000000001.2.9f3c9f3c9f3c9f3c.3`;
    await click('cs:more', `ids:${value}`);
    await answered('shown text  9f3c');
    await click('cs:more', `help:${value}`);
    await answered('How approvals work');
    expect(stage.inbox.votes).toEqual([]);
  });

  describe('a form', () => {
    const open = async (actionId = 'cs:approve') => {
      stage.inbox.shown = card({}, HIGH);
      expect(await click(actionId)).toMatchObject({ acked: true });
      await eventually(async () => topView()?.submit !== undefined, { what: 'a filled form' });
      return topView()?.id ?? '';
    };
    const submit = (viewId: string, text: string, reading: readonly string[] = ['read']) =>
      stage.slack.submitView({
        user: stage.alice,
        viewId,
        values: { rationale: { text }, reading: { confirmed: reading } },
      });

    it('shows the whole request and takes the vote with its reason', async () => {
      const viewId = await open();
      expect(topView()).toMatchObject({ callbackId: 'cs:vote', title: 'Approve' });
      expect(topView()?.renderedText).toContain('"sku": "a"');
      expect(await submit(viewId, 'Matches ticket 4711.')).toMatchObject({ acked: true });
      expect(topView()?.renderedText).toContain('Your approval is recorded.');
      expect(stage.inbox.votes).toMatchObject([
        { verdict: 'approve', rationale: 'Matches ticket 4711.', button: { level: 2, version: 3 } },
      ]);
      expect(stage.slack.violations()).toEqual([]);
    });

    it('is bound to the text it shows, not to that of the card it was opened from', async () => {
      await stage.post(card({}, HIGH));
      const [shown] = stage.slack.messages(stage.channel);
      stage.inbox.shown = card({ version: 9, displayDigest: 'ab'.repeat(32) }, HIGH);
      await stage.slack.click({
        user: stage.alice,
        channel: stage.channel,
        ts: shown?.ts ?? '',
        actionId: 'cs:approve',
      });
      await eventually(async () => topView()?.submit !== undefined);
      await submit(topView()?.id ?? '', 'Read it.');
      expect(stage.inbox.reads[0]?.button.version).toBe(3);
      expect(stage.inbox.votes[0]?.button).toMatchObject({
        digest: 'abababababababab',
        version: 9,
      });
    });

    it('sends it back with what is missing, then takes it as another command', async () => {
      const viewId = await open();
      stage.inbox.refuseWith = refusal({ refusal: 'rationale_required', why: 'Say why.' });
      expect(await submit(viewId, 'x')).toMatchObject({ errors: { rationale: 'Say why.' } });
      stage.inbox.refuseWith = undefined;
      await submit(viewId, 'A real reason.');
      expect(new Set(stage.inbox.votes.map(({ commandId }) => commandId)).size).toBe(2);
    });

    it('checks the length of a required reason before anything is committed', async () => {
      stage.inbox.shown = card({
        asks: {
          approveRationale: 'required',
          rejectRationale: 'required',
          minLength: 10,
          mayEscalate: false,
        },
      });
      await click('cs:reject');
      await eventually(async () => topView()?.submit === 'Reject');
      // Ten blanks pass Slack's own check of the length.
      const result = await stage.slack.submitView({
        user: stage.alice,
        viewId: topView()?.id ?? '',
        values: { rationale: { text: `${' '.repeat(12)}a` } },
      });
      expect(result.errors).toEqual({ rationale: 'Give a reason of at least 10 characters.' });
      expect(stage.inbox.votes).toEqual([]);
    });

    it('says Recording when the vote takes longer than Slack waits, and then the result', async () => {
      const viewId = await open();
      stage.inbox.delayMs = 2_900;
      const result = await submit(viewId, 'Slow but sure.');
      expect(result).toMatchObject({ acked: true });
      expect(topView()?.title).toBe('Recording');
      await viewShows('Your approval is recorded.');
      expect(stage.slack.violations()).toEqual([]);
    });

    it('counts a submission that is delivered twice once', async () => {
      await submit(await open(), 'Only once.');
      expect(await redeliver()).toMatchObject({ acked: true });
      await eventually(async () => stage.inbox.votes.length === 2);
      expect(stage.inbox.counted.size).toBe(1);
    });

    it('tells a late voter how it was decided', async () => {
      const viewId = await open();
      stage.inbox.refuseWith = refusal({ card: closedCard('rejected') });
      await submit(viewId, 'Too late.');
      expect(topView()).toMatchObject({ title: 'Not recorded' });
      expect(topView()?.renderedText).toContain('This was decided already.');
    });

    it('passes up', async () => {
      const value = `v1.01980000-0000-7000-8000-000000000001.2.9f3c9f3c9f3c9f3c.3`;
      await click('cs:more', `escalate:${value}`);
      await eventually(async () => topView()?.submit === 'Pass up');
      await stage.slack.submitView({
        user: stage.alice,
        viewId: topView()?.id ?? '',
        values: { rationale: { text: 'Beyond me.' } },
      });
      expect(stage.inbox.votes).toMatchObject([{ verdict: 'escalate', rationale: 'Beyond me.' }]);
    });

    it.each([
      ['is closed', closedCard('expired'), 'This was decided already.'],
      [
        'belongs elsewhere',
        card({
          asks: {
            approveRationale: 'optional',
            rejectRationale: 'optional',
            minLength: 1,
            mayEscalate: false,
            elsewhere: 'Use the dashboard.',
          },
        }),
        'Use the dashboard.',
      ],
    ])('offers nothing to send when the request %s by now', async (_, now, text) => {
      const place = await stage.post(card({}, HIGH));
      stage.inbox.shown = now;
      await stage.slack.click({
        user: stage.alice,
        channel: place.channelId,
        ts: place.ts,
        actionId: 'cs:approve',
      });
      await viewShows(text);
      expect(topView()?.submit).toBeUndefined();
    });

    it('does not let anybody approve arguments they may not see', async () => {
      stage.inbox.argumentsShown = false;
      stage.inbox.shown = card({}, HIGH);
      await click('cs:approve');
      await viewShows('You may not see the arguments');
      expect(topView()?.submit).toBeUndefined();
    });

    it('opens the whole text for review', async () => {
      const args = Object.fromEntries(
        Array.from({ length: 200 }, (_, n) => [`key${n}`, 'v'.repeat(50)]),
      );
      stage.inbox.shown = card({}, { args });
      await click('cs:review');
      await viewShows('key199');
      expect(topView()?.submit).toBe('Approve');
    });

    it('says so when Slack does not open it', async () => {
      stage.slack.faults.add({ method: 'views.open', kind: 'error', error: 'expired_trigger_id' });
      stage.inbox.shown = card({}, HIGH);
      await click('cs:approve');
      await answered('Slack did not open the form; nothing was recorded.');
    });
  });

  describe('/approvals', () => {
    const command = (text: string) =>
      stage.slack.command({
        user: stage.alice,
        channel: stage.channel,
        command: '/approvals',
        text,
      });

    it.each(['', 'help', 'mine please', '<!channel>'])('explains itself for “%s”', async (text) => {
      const result = await command(text);
      expect(result).toMatchObject({ acked: true, response: { response_type: 'ephemeral' } });
      expect(lastNote()).toContain('/approvals link');
    });

    it('gives the person alone a code', async () => {
      await command('link');
      expect(lastNote()).toContain('KQ7T-4M2P');
      expect(lastNote()).toContain('Log in to the dashboard');
      expect(stage.slack.messages(stage.channel)).toEqual([]);
    });

    it('says in its own words why there is no code', async () => {
      stage.inbox.failWith = new DomainError('rate_limited', {
        what: 'This account asked for too many codes.',
        howToFix: 'Ask again later.',
      });
      expect(await command('link')).toMatchObject({ acked: true });
      await answered('This account asked for too many codes.');
      expect(lastNote()).toContain('Ask again later.');
    });

    it('says when there is no code to be had', async () => {
      stage.inbox.failWith = new Error('no database');
      expect(await command('link')).toMatchObject({ acked: true });
      await answered('No code could be made just now.');
    });
  });

  it('logs neither what was asked nor any secret', async () => {
    stage.inbox.failWith = new Error('no database');
    await click('cs:approve');
    await answered('may or may not');
    const log = stage.logged.join('\n');
    for (const secret of [
      stage.slack.botToken,
      stage.slack.appToken,
      stage.slack.signingSecret,
      '/actions/',
      'payments.refund',
      stage.alice,
    ])
      expect(log).not.toContain(secret);
  });
});
