import { ERRORS, type ErrorEntry } from '../../core/errors';
import { escapeHtml, renderPage } from './layout';

export interface RootPageFacts {
  readonly version: string;
  readonly environment: string;
  readonly temporalUiUrl?: string;
}

const link = (href: string, title: string, about: string): string =>
  `<li><a href="${escapeHtml(href)}"><strong>${escapeHtml(title)}</strong>${escapeHtml(about)}</a></li>`;

/** `/`: what this is and where everything stands. */
export function rootPage({ version, environment, temporalUiUrl }: RootPageFacts): string {
  const links = [
    link('/pending', 'Pending approvals', 'What waits for a human, with the exact arguments'),
    link('/docs', 'API documentation', 'Every call, with its shapes and refusals'),
    link('/docs/errors', 'Errors', 'What each code means and how to fix it'),
    ...(temporalUiUrl === undefined
      ? []
      : [link(temporalUiUrl, 'Temporal UI', 'Each execution as a timeline')]),
    link('/readyz', 'Health', 'Whether every part is ready'),
    link('/openapi.json', 'OpenAPI document', 'For generators; 3.0 at /openapi-3.0.json'),
  ];
  return renderPage({
    title: 'Start',
    main: `<h1>Countersign governs what AI agents do</h1>
<p>Every consequential action is decided by policy, by people where policy asks for them, and leaves
evidence that anyone can verify.</p>
<ul class="links">${links.join('\n')}</ul>
<p class="faint">Version ${escapeHtml(version)} · ${escapeHtml(environment)}</p>`,
  });
}

/** `/pending`: the open approvals of whoever's key is typed in; the key stays in the browser's tab. */
export const PENDING_PAGE = renderPage({
  title: 'Pending approvals',
  scripts: ['/assets/pending.js'],
  main: `<h1>Pending approvals</h1>
<p>Sign in with your API key. It stays in this tab and is forgotten when the tab closes.</p>
<form id="key-form" autocomplete="off">
<label>API key<input id="key" type="password" required spellcheck="false"></label>
<button>Show what waits</button>
</form>
<p id="message" role="status"></p>
<div id="list"></div>
<noscript><p>This page needs JavaScript. The same list: <code>GET /v1/approvals/pending</code>.</p></noscript>`,
});

const errorCard = ([code, entry]: readonly [string, ErrorEntry]): string => `
<section class="card" id="${escapeHtml(code)}">
<h2><code>${escapeHtml(code)}</code> · ${escapeHtml(entry.title)}</h2>
<dl><dt>Status</dt><dd>${String(entry.status)}</dd>
<dt>Why</dt><dd>${escapeHtml(entry.why)}</dd>
<dt>How to fix</dt><dd>${escapeHtml(entry.howToFix)}</dd></dl>
${entry.example === undefined ? '' : `<pre>${escapeHtml(entry.example)}</pre>`}
</section>`;

/** `/docs/errors`: the error registry, one anchor for each code. */
export const ERRORS_PAGE = renderPage({
  title: 'Errors',
  main: `<h1>Errors</h1>
<p>A refusal is an RFC 9457 problem document whose <code>code</code> is one of these and never changes
its meaning. A denial by policy is no error: it is a decision, with the code as its
<code>reasonCode</code>.</p>
${Object.entries<ErrorEntry>(ERRORS)
  .sort(([a], [b]) => (a < b ? -1 : 1))
  .map(errorCard)
  .join('')}`,
});

/** `/docs`: the API documentation, drawn from this server's OpenAPI document. */
export const DOCS_PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>API documentation · Countersign</title>
<link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/swagger-ui.css">
<script src="/assets/swagger-ui-bundle.js" defer></script>
<script src="/assets/docs.js" defer></script>
</head>
<body><div id="docs"></div></body>
</html>
`;
