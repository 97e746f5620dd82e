import { existsSync } from 'node:fs';
import { type Browser, chromium, type Page } from 'playwright-core';

/** A browser of the machine; nothing is downloaded. */
const CANDIDATES = [
  process.env['CHROMIUM_PATH'] ?? '',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
];
const FLAGS = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** @throws Error saying how to get a browser when this machine has none. */
export async function launchBrowser(): Promise<Browser> {
  const executablePath = CANDIDATES.find((path) => path !== '' && existsSync(path));
  if (executablePath === undefined)
    throw new Error(
      'No Chromium here. On Debian: apt-get install chromium; or set CHROMIUM_PATH to one.',
    );
  return chromium.launch({ executablePath, args: FLAGS });
}

export interface WatchedPage {
  readonly page: Page;
  /** Errors of scripts and of the console so far, refused content included. */
  errors(): readonly string[];
  /** Addresses asked for that are not of these origins. */
  foreign(origins: readonly string[]): readonly string[];
  /** A picture for people to look at, when COUNTERSIGN_SHOTS names a folder. */
  shoot(name: string): Promise<void>;
  close(): Promise<void>;
}

export async function openPage(
  browser: Browser,
  options: { readonly dark?: boolean; readonly width?: number } = {},
): Promise<WatchedPage> {
  const context = await browser.newContext({
    viewport: { width: options.width ?? 1280, height: 900 },
    colorScheme: options.dark === true ? 'dark' : 'light',
  });
  const page = await context.newPage();
  const errors: string[] = [];
  const asked: string[] = [];
  page.on('pageerror', (error) => errors.push(error.message));
  page.on('console', (message) => {
    if (message.type() === 'error') errors.push(message.text());
  });
  page.on('dialog', (dialog) => {
    errors.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  page.on('request', (request) => asked.push(request.url()));
  const folder = process.env['COUNTERSIGN_SHOTS'];
  return {
    page,
    errors: () => errors,
    foreign: (origins) =>
      asked.filter((url) => !/^(?:data|blob|about):/.test(url) && !origins.includes(originOf(url))),
    shoot: async (name) => {
      if (folder !== undefined)
        await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true });
    },
    close: () => context.close(),
  };
}

const originOf = (url: string): string => new URL(url).origin;
