const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text made safe inside HTML content and quoted attributes. */
export const escapeHtml = (text: string): string =>
  text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? '');

export interface Page {
  readonly title: string;
  /** HTML of the page's main part, already escaped. */
  readonly main: string;
  /** Paths of scripts that this server serves. */
  readonly scripts?: readonly string[];
}

/** A whole HTML document in the plain style of this server's own pages. */
export function renderPage({ title, main, scripts = [] }: Page): string {
  const tags = scripts.map((path) => `<script src="${escapeHtml(path)}" defer></script>`).join('');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)} · Countersign</title>
<link rel="icon" href="/assets/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/assets/plain.css">
${tags}
</head>
<body>
<header><a class="brand" href="/">Countersign</a></header>
<main>
${main}
</main>
</body>
</html>
`;
}
