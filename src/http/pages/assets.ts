/** Style of the plain pages: the system's own font, light and dark, nothing from elsewhere. */
export const PLAIN_CSS = `
:root {
  color-scheme: light dark;
  --ground: light-dark(#fbfbf9, #14161a);
  --raised: light-dark(#ffffff, #1c1f25);
  --line: light-dark(#dcdcd6, #33373f);
  --ink: light-dark(#1d1f23, #e8e8e4);
  --faint: light-dark(#5b6068, #a2a8b2);
  --accent: light-dark(#1f5fbf, #8ab4ff);
  --yes: light-dark(#1b6b3a, #2c8a50);
  --no: light-dark(#a3261c, #c2473c);
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--ground); color: var(--ink);
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", sans-serif;
}
header { border-bottom: 1px solid var(--line); padding: 0.9rem 1.25rem; }
main { max-width: 54rem; margin: 0 auto; padding: 1.5rem 1.25rem 4rem; }
.brand { font-weight: 650; color: inherit; text-decoration: none; letter-spacing: 0.01em; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0.5rem 0 0.75rem; }
h2 { font-size: 1.1rem; margin: 0 0 0.4rem; }
p { margin: 0.4rem 0; }
a { color: var(--accent); }
code, pre { font-family: ui-monospace, "SF Mono", Menlo, Consolas, monospace; font-size: 0.8125rem; }
pre {
  margin: 0.5rem 0; padding: 0.7rem 0.8rem;
  background: var(--ground); border: 1px solid var(--line); border-radius: 6px;
  white-space: pre-wrap; overflow-wrap: anywhere; unicode-bidi: isolate;
}
.faint { color: var(--faint); }
.links { list-style: none; margin: 1.25rem 0; padding: 0; display: grid; gap: 0.75rem;
  grid-template-columns: repeat(auto-fit, minmax(15rem, 1fr)); }
.card, .links a {
  display: block; background: var(--raised); border: 1px solid var(--line); border-radius: 8px;
  padding: 0.9rem 1rem;
}
.links a { color: inherit; text-decoration: none; height: 100%; }
.links a:hover { border-color: var(--accent); }
.links strong { display: block; color: var(--accent); }
.card { margin: 1rem 0; }
.card:target { border-color: var(--accent); }
dl { display: grid; grid-template-columns: max-content 1fr; gap: 0.15rem 1rem; margin: 0.5rem 0; }
dt { color: var(--faint); }
dd { margin: 0; overflow-wrap: anywhere; unicode-bidi: isolate; }
form { display: flex; flex-wrap: wrap; gap: 0.6rem; align-items: end; margin: 0.75rem 0 0; }
label { display: grid; gap: 0.2rem; flex: 1 1 16rem; color: var(--faint); font-size: 0.875rem; }
input {
  font: inherit; color: var(--ink); background: var(--ground); border: 1px solid var(--line);
  border-radius: 6px; padding: 0.45rem 0.6rem; width: 100%;
}
button {
  font: inherit; font-weight: 550; border: 1px solid var(--line); border-radius: 6px;
  padding: 0.45rem 0.9rem; background: var(--raised); color: var(--ink); cursor: pointer;
}
button.yes { background: var(--yes); border-color: var(--yes); color: #fff; }
button.no { background: var(--no); border-color: var(--no); color: #fff; }
button:disabled { opacity: 0.55; cursor: default; }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; }
[role="status"] { min-height: 1.5em; margin: 0.75rem 0; }
`;

export const ICON_SVG =
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32">' +
  '<rect width="32" height="32" rx="7" fill="#1f5fbf"/>' +
  '<path d="M8 17l6 6L25 10" fill="none" stroke="#fff" stroke-width="4" stroke-linecap="round"' +
  ' stroke-linejoin="round"/></svg>';

/**
 * Script of /pending, for browsers. What an agent wrote reaches the page only as the text of a node, with
 * characters that are invisible or turn the reading direction spelled out.
 */
export const PENDING_SCRIPT = `'use strict';
(() => {
  const KEY = 'countersign.key';
  const list = document.getElementById('list');
  const message = document.getElementById('message');
  const form = document.getElementById('key-form');
  const field = document.getElementById('key');

  const visible = (text) =>
    String(text).replace(/[^\\P{C}\\n]|[\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u2069]/gu, (c) =>
      '\\\\u{' + c.codePointAt(0).toString(16) + '}');

  const element = (name, text, className) => {
    const node = document.createElement(name);
    if (text !== undefined) node.textContent = visible(text);
    if (className) node.className = className;
    return node;
  };

  async function call(path, body) {
    const answer = await fetch(path, {
      method: body ? 'POST' : 'GET',
      headers: {
        authorization: 'Bearer ' + (sessionStorage.getItem(KEY) || ''),
        ...(body ? { 'content-type': 'application/json' } : {}),
      },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    const content = await answer.json();
    if (answer.status === 401) throw new Error('This key is not accepted. Check it and try again.');
    if (!answer.ok) throw new Error([content.what, content.howToFix].filter(Boolean).join(' '));
    return content;
  }

  function facts(pairs) {
    const dl = element('dl');
    for (const [name, value, isCode] of pairs) {
      const dd = element('dd');
      dd.append(isCode ? element('code', value) : visible(value));
      dl.append(element('dt', name), dd);
    }
    return dl;
  }

  function claims(context) {
    if (Object.keys(context).length === 0) return [];
    const label = element('p', 'What the agent says about it, unverified:', 'faint');
    return [label, element('pre', JSON.stringify(context, null, 2))];
  }

  function voteForm(item) {
    const vote = element('form');
    const label = element('label', 'Rationale');
    const rationale = element('input');
    rationale.required = true;
    rationale.maxLength = 4000;
    label.append(rationale);
    const yes = element('button', 'Approve', 'yes');
    const no = element('button', 'Reject', 'no');
    yes.value = 'approve';
    no.value = 'reject';
    vote.append(label, yes, no);
    vote.addEventListener('submit', async (event) => {
      event.preventDefault();
      const verdict = event.submitter ? event.submitter.value : '';
      if (verdict !== 'approve' && verdict !== 'reject') return;
      yes.disabled = no.disabled = true;
      try {
        const receipt = await call(
          '/v1/approvals/' + encodeURIComponent(item.id) + '/' + verdict,
          { rationale: rationale.value, argsDigest: item.argsDigest },
        );
        await load();
        say('Recorded: ' + receipt.verdict + '. The execution is now ' + receipt.status + '.');
      } catch (error) {
        yes.disabled = no.disabled = false;
        say(error.message);
      }
    });
    return vote;
  }

  function card(item) {
    const article = element('article', undefined, 'card');
    article.append(
      element('h2', item.action + ' by ' + item.agent),
      element('p', item.reason),
      element('pre', item.argumentsShown ? JSON.stringify(item.args, null, 2) : 'Only the approvers asked, the owner of the agent and Admins see the arguments.'),
      ...claims(item.context),
      facts([
        ['Environment', item.environment],
        ['Approvers', item.approvers + ' (level ' + item.level + ' of ' + item.of + ')'],
        ['Requested', new Date(item.requestedAt).toLocaleString()],
        ['Decide before', new Date(item.deadline).toLocaleString()],
        ['Execution', item.executionId, true],
        ['Digest of arguments', item.argsDigest, true],
      ]),
      voteForm(item),
    );
    return article;
  }

  const say = (text) => { message.textContent = visible(text); };

  async function load() {
    try {
      const page = await call('/v1/approvals/pending?limit=100');
      list.replaceChildren(...page.items.map(card));
      say(page.items.length === 0 ? 'Nothing waits for a decision.'
        : page.items.length + (page.nextCursor ? ' or more' : '') + ' waiting.');
    } catch (error) {
      list.replaceChildren();
      say(error.message);
    }
  }

  form.addEventListener('submit', (event) => {
    event.preventDefault();
    sessionStorage.setItem(KEY, field.value.trim());
    field.value = '';
    void load();
  });
  if (sessionStorage.getItem(KEY)) void load();
})();
`;

/** Script of /docs: starts the viewer on this server's own document. */
export const DOCS_SCRIPT = `'use strict';
window.addEventListener('load', () => {
  window.SwaggerUIBundle({
    url: '/openapi.json',
    dom_id: '#docs',
    deepLinking: true,
    validatorUrl: null,
    persistAuthorization: false,
  });
});
`;
