import express, { type RequestHandler, Router } from 'express';
import { recordOf, textOf } from './json-shape';
import { pageActs } from './page-acts';
import { PAGE_HTML } from './page-html';
import { createPageGuard } from './page-guard';
import { PAGE_SCRIPT } from './page-script';
import { type LocalPerson, pageState } from './page-state';
import { PAGE_STYLE } from './page-style';
import type { FakeSlack } from './surface';

export interface LocalSlackPageDeps {
  readonly slack: FakeSlack;
  /** The secret of the printed address; whoever has it may act as anyone in the local workspace. */
  readonly ticket: string;
  /** `host:port` names, in lower case, that the page answers to; loopback names only. */
  readonly allowedHosts: () => readonly string[];
  /** People of the installation, offered for the workspace. */
  readonly people?: () => Promise<readonly LocalPerson[]>;
}

/** How long a question for news is held; short, so that a server that stops is not kept waiting. */
const HOLD_MS = 5000;
/** Changes come in flocks: a press, its note, the card. */
const SETTLE_MS = 30;
/** Pages that may wait at once; one more is answered without waiting. */
const MOST_WAITING = 32;

/**
 * The local workspace as a page: see the cards, press the buttons as any person. For development and the
 * machine it runs on alone (page-guard.ts); mount it at a path of its own, such as /dev/slack.
 */
export function createLocalSlackPage(deps: LocalSlackPageDeps): Router {
  const { slack, people = async () => [] } = deps;
  const guard = createPageGuard(deps);
  const news = createNews(slack);
  const acts = pageActs(slack);
  const router = Router();
  const send =
    (type: string, content: string): RequestHandler =>
    (_request, response) => {
      response.type(type).send(content);
    };
  router.use(guard.admit);
  router.get('/login', guard.login);
  router.get('/page.css', send('css', PAGE_STYLE));
  router.get('/page.js', send('js', PAGE_SCRIPT));
  router.use(guard.signedIn);
  router.get('/', (request, response) => {
    response.type('html').send(PAGE_HTML(request.baseUrl));
  });
  router.get('/api/state', async ({ query }, response) => {
    const version = await news.since(Number(query['since'] ?? -1));
    const asked = {
      user: textOf(query['user']),
      channel: textOf(query['channel']),
      timeZone: knownZone(textOf(query['tz'])),
    };
    response.json({ version, ...pageState(slack, asked, await people()) });
  });
  router.post('/api/:act', express.json({ limit: '64kb' }), async (request, response) => {
    const { act: name } = request.params;
    const act = Object.hasOwn(acts, name ?? '') ? acts[name ?? ''] : undefined;
    if (act === undefined) {
      response.status(404).json({ what: 'There is no such act.' });
      return;
    }
    try {
      response.json(await act(recordOf(request.body)));
    } catch (error) {
      response.status(422).json({ what: error instanceof Error ? error.message : 'That failed.' });
    }
  });
  return router;
}

interface News {
  /** Resolves with the present version: at once when it is another than `seen`, else after a change. */
  since(seen: number): Promise<number>;
}

function createNews(slack: FakeSlack): News {
  let version = 0;
  const waiting = new Set<() => void>();
  slack.onChange(() => {
    version += 1;
    for (const wake of waiting) wake();
  });
  return {
    since: async (seen) => {
      if (seen === version && waiting.size < MOST_WAITING) {
        await new Promise<void>((resolve) => {
          const wake = (): void => {
            clearTimeout(timer);
            waiting.delete(wake);
            setTimeout(resolve, SETTLE_MS);
          };
          const timer = setTimeout(wake, HOLD_MS);
          waiting.add(wake);
        });
      }
      return version;
    },
  };
}

/** @returns UTC for a zone that this machine does not know */
function knownZone(name: string): string {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone;
  } catch {
    return 'UTC';
  }
}
