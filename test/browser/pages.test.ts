import type { Browser, Page } from 'playwright-core';
import type { ExecutionView } from '../../src/core/execution/view';
import { launchBrowser, openPage, type WatchedPage } from '../support/browser';
import { type Cast, must, refund } from '../support/cast';
import { eventually } from '../support/eventually';
import {
  FIRST_START_LIMIT_MS,
  type RunningProduct,
  startProduct,
} from '../support/running-product';

const SLOW_MS = 60_000;
const LEVEL_NAME = 'L1';

/** What an agent could write to be taken for the page, for another person, or for a script. */
const HOSTILE = {
  order_id: '4711',
  amount: 450,
  '<img src=x onerror="window.pwned=1">': '<script>window.pwned=2</script>',
  note: '</pre></article><h2>Approved by Alice</h2><a href="javascript:window.pwned=3">Details</a>',
  bent: 'refund \u202e054\u202c to acme\u200b.com',
  markdown: '[click](http://evil.test) @alice *bold*',
} as const;
const messageOf = (page: Page, text: RegExp): Promise<void> =>
  page.locator('#message').filter({ hasText: text }).waitFor();

const REASON = '<b onmouseover="window.pwned=4">please</b> \u202eknaht';

jest.setTimeout(SLOW_MS);

describe('pages in a real browser', () => {
  let product: RunningProduct;
  let cast: Cast;
  let browser: Browser;
  let aliceKey: string;
  let open: WatchedPage[] = [];
  beforeAll(async () => {
    [product, browser] = await Promise.all([startProduct(), launchBrowser()]);
    ({ cast } = product);
    aliceKey = must(await cast.admin.post<{ key: string }>('/v1/users/alice/keys'), 201).key;
  }, FIRST_START_LIMIT_MS);
  afterEach(async () => {
    await Promise.all(open.map((page) => page.close()));
    open = [];
  });
  afterAll(async () => {
    await browser?.close();
    await product?.stop();
  }, SLOW_MS);

  const visit = async (path: string, options = {}): Promise<WatchedPage> => {
    const watched = await openPage(browser, options);
    open.push(watched);
    const url = path.startsWith('http') ? path : `${product.server.url}${path}`;
    // The Temporal UI asks for news for ever, so its network never rests.
    const waitUntil = path.startsWith('http') ? 'load' : 'networkidle';
    await watched.page.goto(url, { waitUntil });
    return watched;
  };
  const ask = async (args: Readonly<Record<string, string | number>>): Promise<ExecutionView> => {
    const body = { ...refund(450), args, context: { reason: REASON } };
    return must(await cast.bot.post<ExecutionView>('/v1/executions', body), 202);
  };
  const expectQuiet = (watched: WatchedPage): void => {
    expect(watched.errors()).toEqual([]);
    expect(watched.foreign([product.server.url])).toEqual([]);
  };
  const signIn = async ({ page }: WatchedPage): Promise<void> => {
    await page.fill('#key', aliceKey);
    await page.click('#key-form button');
    await messageOf(page, /waiting/);
  };

  it.each([
    ['light', { dark: false }],
    ['dark', { dark: true }],
    ['narrow', { width: 390 }],
  ] as const)('/ leads everywhere, in %s', async (name, options) => {
    const watched = await visit('/', options);
    const anchors = await watched.page.locator('.links a').all();
    const links = await Promise.all(
      anchors.map(async (anchor) => (await anchor.getAttribute('href')) ?? ''),
    );
    expect(links).toEqual(expect.arrayContaining(['/pending', '/docs', '/docs/errors']));
    expect(links).toContain(product.server.temporalUiUrl);
    for (const link of links) {
      const answer = await fetch(new URL(link, product.server.url));
      expect([link, answer.status]).toEqual([link, 200]);
    }
    const overflows = await watched.page.evaluate(
      'document.documentElement.scrollWidth > document.documentElement.clientWidth',
    );
    expect(overflows).toBe(false);
    await watched.shoot(`root-${name}`);
    expectQuiet(watched);
  });

  it('/docs shows every group of calls, from this server alone', async () => {
    const watched = await visit('/docs');
    await watched.page.waitForSelector('.opblock');
    const tags = await watched.page.locator('.opblock-tag').allInnerTexts();
    expect(tags.join(' ')).toMatch(/Executions[^]*Approvals[^]*Policies/);
    await watched.page.locator('#operations-Executions-submitExecution').click();
    await watched.page.waitForSelector('#operations-Executions-submitExecution .opblock-body');
    await watched.shoot('docs');
    expectQuiet(watched);
  });

  it('/docs/errors explains each code at its own anchor', async () => {
    const watched = await visit('/docs/errors#digest_mismatch');
    const card = watched.page.locator('#digest_mismatch');
    expect(await card.innerText()).toMatch(/409[^]*How to fix/);
    await watched.shoot('errors');
    expectQuiet(watched);
  });

  it('/pending tells a wrong key from an empty list', async () => {
    const watched = await visit('/pending');
    await watched.page.fill('#key', 'cs_wrong');
    await watched.page.click('#key-form button');
    await messageOf(watched.page, /key is not accepted/);
    await watched.shoot('pending-wrong-key');
    expect(await watched.page.locator('#list article').count()).toBe(0);
    // The browser itself reports the 401; nothing else may be wrong.
    expect(watched.errors().filter((text) => !/401/.test(text))).toEqual([]);
  });

  it('/pending approves exactly what it shows, with the rationale typed in', async () => {
    const asked = await ask({ order_id: '4711', amount: 450 });
    const watched = await visit('/pending');
    await signIn(watched);
    const card = watched.page.locator('article', { hasText: asked.executionId });
    const text = await card.innerText();
    for (const shown of ['issue_refund', 'support-bot', '"amount": 450', asked.argsDigest])
      expect(text).toContain(shown);
    await watched.shoot('pending-card');
    await card.locator('input').fill('Matches ticket 4711');
    await card.locator('button.yes').click();
    await messageOf(watched.page, /Recorded: approve.*now approved/);
    await watched.shoot('pending-approved');
    expect(await card.count()).toBe(0);
    const view = must(
      await cast.bot.get<ExecutionView>(`/v1/executions/${asked.executionId}`),
      200,
    );
    expect(view.status).toBe('approved');
    expect(view.approval?.votes).toEqual([
      expect.objectContaining({ by: 'user:alice', verdict: 'approve' }),
    ]);
    expectQuiet(watched);
  });

  it('I-13 shows hostile text of an agent as text: no element, link or script comes of it', async () => {
    const asked = await ask(HOSTILE);
    const watched = await visit('/pending', { dark: true });
    await signIn(watched);
    const card = watched.page.locator('article', { hasText: asked.executionId });
    expect(await card.locator('img, script, a, b, iframe').count()).toBe(0);
    expect(await card.locator('h2').allInnerTexts()).toEqual(['issue_refund by support-bot']);
    const shown = await card.locator('pre').first().innerText();
    expect(shown).toContain('<script>window.pwned=2</script>');
    expect(shown).toContain('\\u{202e}');
    expect(await card.innerText()).toContain('<b onmouseover=');
    expect(await card.innerText()).not.toMatch(/[\u202a-\u202e\u200b]/);
    expect(await watched.page.evaluate('window.pwned')).toBeUndefined();
    await watched.shoot('pending-hostile');
    expectQuiet(watched);
  });

  it('the Temporal UI tells an approved execution as a timeline, hostile text inert', async () => {
    const asked = await ask(HOSTILE);
    const path = `/v1/executions/${asked.executionId}`;
    const told = async (): Promise<boolean> =>
      must(await cast.bot.get<ExecutionView>(path), 200).version > asked.version;
    await eventually(told);
    const link = asked.links.temporal ?? '';
    expect(link).toContain(product.server.temporalUiUrl);
    const waiting = await visit(link);
    await waiting.page.getByText(LEVEL_NAME, { exact: false }).first().waitFor();
    await waiting.shoot('temporal-waiting');

    const vote = `/v1/approvals/${asked.approval?.id ?? ''}/approve`;
    must(await cast.alice.post(vote, { rationale: 'Matches ticket 4711' }), 200);
    const release = { argsDigest: asked.argsDigest, attemptId: asked.attemptId ?? '' };
    must(await cast.bot.post(`${path}/release`, release), 200);
    must(await cast.bot.post(`${path}/outcome`, { status: 'committed' }), 200);
    const done = await visit(link);
    await done.page.getByText('Completed').first().waitFor();
    await done.page.getByText('Ask approvers', { exact: false }).first().waitFor();
    await done.page.setViewportSize({ width: 1600, height: 1500 });
    await done.shoot('temporal-timeline');
    await done.page.getByText('User Metadata', { exact: true }).click();
    // The UI draws Markdown in frames of its own.
    const frames = done.page.locator('iframe');
    await frames.first().contentFrame().getByText('issue_refund').first().waitFor();
    await frames.last().contentFrame().getByText('APPROVE_LARGE_REFUND').first().waitFor();
    await done.shoot('temporal-metadata');
    await done.page.getByText('Search Attributes', { exact: true }).click();
    await done.page.getByText('CountersignAgent', { exact: false }).first().waitFor();
    await done.shoot('temporal-search-attributes');
    expect(await done.page.evaluate('window.pwned')).toBeUndefined();
    const list = await visit(product.server.temporalUiUrl ?? '');
    await list.page.getByText(asked.executionId, { exact: false }).first().waitFor();
    await list.shoot('temporal-list');
  });
});
