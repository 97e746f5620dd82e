/** Style of the local page: the system's own font, light and dark, nothing from elsewhere. */
export const PAGE_STYLE = `
:root {
  color-scheme: light dark;
  --ground: light-dark(#ffffff, #16181d);
  --side: light-dark(#f3f4f1, #101216);
  --raised: light-dark(#ffffff, #1d2027);
  --sunk: light-dark(#f5f6f4, #101318);
  --line: light-dark(#dcded8, #333842);
  --ink: light-dark(#1c1f24, #e7e8e6);
  --faint: light-dark(#5d636d, #a1a8b4);
  --accent: light-dark(#1f5fbf, #8ab4ff);
  --accent-ground: light-dark(#e6eefb, #1d2b45);
  --private: light-dark(#f3f6fc, #1a202c);
  --yes: light-dark(#14703b, #237a45);
  --no: light-dark(#b3261e, #e0655b);
  --warn: light-dark(#8a5a00, #e5b455);
  --warn-ground: light-dark(#fdf5e2, #2b2415);
  --mono: ui-monospace, "SF Mono", Menlo, Consolas, monospace;
}
* { box-sizing: border-box; }
[hidden] { display: none !important; }
html, body { height: 100%; }
body {
  margin: 0; display: flex; flex-direction: column; background: var(--ground); color: var(--ink);
  font: 15px/1.5 system-ui, -apple-system, "Segoe UI", sans-serif;
}
h1, h2, p, ul { margin: 0; padding: 0; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
:focus-visible { outline: 2px solid var(--accent); outline-offset: 2px; border-radius: 4px; }
button, input, select, textarea { font: inherit; color: inherit; }
button {
  border: 1px solid var(--line); border-radius: 6px; background: var(--raised); cursor: pointer;
  padding: 0.3rem 0.75rem; font-weight: 600;
}
button:hover { border-color: var(--faint); }
button:disabled { opacity: 0.5; cursor: default; }
button.primary { background: var(--yes); border-color: var(--yes); color: #fff; }
button.danger { color: var(--no); border-color: var(--no); }
button.danger.solid { background: light-dark(#b3261e, #b23a31); color: #fff; }
button.quiet { font-weight: 400; }
input, select, textarea {
  width: 100%; background: var(--ground); border: 1px solid var(--line); border-radius: 6px;
  padding: 0.4rem 0.55rem;
}
input[type="checkbox"], input[type="radio"] { width: auto; accent-color: var(--accent); }
textarea { min-height: 5.5rem; resize: vertical; }
a { color: var(--accent); }

.banner {
  background: var(--warn-ground); border-bottom: 1px solid var(--line); padding: 0.45rem 1rem;
  font-size: 0.85rem;
}
.banner strong { color: var(--warn); margin-right: 0.4rem; }
.workspace { flex: 1; min-height: 0; display: grid; grid-template-columns: 15.5rem minmax(0, 1fr); }
.side {
  background: var(--side); border-right: 1px solid var(--line); padding: 1rem 0.75rem;
  display: flex; flex-direction: column; gap: 0.6rem; overflow-y: auto;
}
.me span { display: block; color: var(--faint); font-size: 0.8rem; margin-bottom: 0.15rem; }
.side h2 {
  font-size: 0.75rem; color: var(--faint); font-weight: 600; margin-top: 0.75rem;
  padding: 0 0.5rem;
}
.side ul { list-style: none; display: grid; gap: 1px; }
.side li button {
  width: 100%; text-align: left; border: 0; background: none; font-weight: 400; border-radius: 6px;
  padding: 0.3rem 0.5rem; overflow: hidden; text-overflow: ellipsis; white-space: nowrap;
}
.side li button:hover { background: light-dark(#e7e9e4, #1c2027); }
.side li button[aria-current="true"] { background: var(--accent-ground); font-weight: 600; }
.side li button.unread { font-weight: 700; }
.sign { display: inline-block; width: 1.25rem; color: var(--faint); }
.link-state { margin-top: auto; font-size: 0.8rem; color: var(--faint); padding: 0 0.5rem; }
.link-state.off { color: var(--warn); }

main { display: flex; flex-direction: column; min-height: 0; min-width: 0; }
.head {
  padding: 0.65rem 1.25rem; border-bottom: 1px solid var(--line); display: flex; gap: 0.75rem;
  align-items: baseline; flex-wrap: wrap;
}
.head h1 { font-size: 1.05rem; }
.head p { color: var(--faint); font-size: 0.85rem; }
.messages { flex: 1; overflow-y: auto; padding: 0.75rem 0; }
.empty { color: var(--faint); padding: 2rem 1.25rem; max-width: 34rem; }
.message { display: grid; grid-template-columns: 2.25rem minmax(0, 1fr); gap: 0.7rem; padding: 0.45rem 1.25rem; }
.message.only-you { background: var(--private); }
.avatar {
  width: 2.25rem; height: 2.25rem; border-radius: 7px; display: grid; place-items: center;
  font-size: 0.8rem; font-weight: 700; color: #fff; background: #5b6470;
}
.hue-0 { background: #3f6ea8; } .hue-1 { background: #8a4f7d; } .hue-2 { background: #2f7a6b; }
.hue-3 { background: #96632b; } .hue-4 { background: #5d5aa8; } .hue-5 { background: #a04a4a; }
.avatar.app { background: #1f5fbf; }
.byline { display: flex; gap: 0.5rem; align-items: baseline; flex-wrap: wrap; }
.byline b { font-weight: 700; }
.tag {
  font-size: 0.68rem; font-weight: 600; color: var(--faint); background: var(--sunk);
  border: 1px solid var(--line); border-radius: 4px; padding: 0 0.3rem;
}
.time, .edited, .note { color: var(--faint); font-size: 0.8rem; }
.content { max-width: 44rem; overflow-wrap: anywhere; }
.replies { border-left: 2px solid var(--line); margin: 0.5rem 0 0.15rem; padding-left: 0.25rem; }
.replies .message { padding: 0.3rem 0.6rem; grid-template-columns: 1.6rem minmax(0, 1fr); gap: 0.5rem; }
.replies .avatar { width: 1.6rem; height: 1.6rem; font-size: 0.65rem; border-radius: 5px; }
.reactions { margin-top: 0.25rem; font-size: 0.8rem; color: var(--faint); }

.text { white-space: pre-wrap; }
.b-header { font-size: 1.12rem; font-weight: 700; line-height: 1.35; margin: 0.3rem 0; white-space: pre-wrap; }
.b-section { margin: 0.3rem 0; display: flex; gap: 1rem; align-items: flex-start; }
.b-section > .body { flex: 1; min-width: 0; }
.fields { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 0.35rem 1.25rem; }
.b-context { margin: 0.3rem 0; color: var(--faint); font-size: 0.83rem; display: flex; flex-wrap: wrap; gap: 0.2rem 0.75rem; }
.b-text { margin: 0.3rem 0; }
.b-text.quote { border-left: 4px solid var(--line); padding-left: 0.7rem; }
.b-text.item { padding-left: 1.1rem; position: relative; }
.b-text.item::before { content: "•"; position: absolute; left: 0.3rem; }
.b-text.alert { border: 1px solid var(--line); border-left: 4px solid var(--accent); border-radius: 6px; padding: 0.45rem 0.7rem; }
.b-text.alert.error { border-left-color: var(--no); } .b-text.alert.warning { border-left-color: var(--warn); }
.b-text.alert.success { border-left-color: var(--yes); }
hr { border: 0; border-top: 1px solid var(--line); margin: 0.6rem 0; }
code { font-family: var(--mono); font-size: 0.82em; background: var(--sunk); border: 1px solid var(--line); border-radius: 4px; padding: 0.05em 0.25em; color: var(--ink); }
pre {
  font-family: var(--mono); font-size: 0.8rem; line-height: 1.5; margin: 0.3rem 0; padding: 0.6rem 0.75rem;
  background: var(--sunk); border: 1px solid var(--line); border-radius: 6px; white-space: pre-wrap;
  overflow-wrap: anywhere; max-height: 24rem; overflow-y: auto; unicode-bidi: isolate;
}
.mention { background: var(--accent-ground); color: var(--accent); border-radius: 4px; padding: 0 0.2em; font-weight: 500; }
.mention.me { background: var(--warn-ground); color: var(--warn); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-size: 0.85rem; margin: 0.3rem 0; }
td { border: 1px solid var(--line); padding: 0.25rem 0.6rem; }
.b-actions { display: flex; flex-wrap: wrap; gap: 0.5rem; margin: 0.55rem 0 0.3rem; align-items: center; }
.b-actions select { width: auto; }
.failed { color: var(--no); font-size: 0.83rem; width: 100%; }
details.more { position: relative; }
details.more summary {
  list-style: none; border: 1px solid var(--line); border-radius: 6px; padding: 0.3rem 0.7rem;
  cursor: pointer; font-weight: 700; background: var(--raised);
}
details.more summary::-webkit-details-marker { display: none; }
.menu {
  position: absolute; z-index: 5; left: 0; top: calc(100% + 4px); min-width: 12rem; padding: 0.3rem;
  background: var(--raised); border: 1px solid var(--line); border-radius: 8px;
  box-shadow: 0 6px 20px rgb(0 0 0 / 0.18); display: grid;
}
.menu button { border: 0; background: none; text-align: left; font-weight: 400; }
.menu button:hover { background: var(--accent-ground); }

#notice { color: var(--no); padding: 0 1.25rem; font-size: 0.88rem; }
.composer { display: flex; gap: 0.5rem; padding: 0.6rem 1.25rem 1rem; }

dialog {
  width: min(34rem, calc(100vw - 1.5rem)); max-height: calc(100vh - 3rem); padding: 0; border-radius: 10px;
  border: 1px solid var(--line); background: var(--raised); color: var(--ink); flex-direction: column;
  box-shadow: 0 12px 40px rgb(0 0 0 / 0.3);
}
.d-form, dialog form { display: flex; flex-direction: column; min-height: 0; }
dialog[open] { display: flex; }
dialog.small { width: min(27rem, calc(100vw - 1.5rem)); }
dialog::backdrop { background: rgb(0 0 0 / 0.45); }
.d-head { padding: 0.9rem 1.25rem; border-bottom: 1px solid var(--line); font-size: 1.1rem; }
.d-body { padding: 0.75rem 1.25rem 1rem; overflow-y: auto; display: grid; gap: 0.6rem; grid-template-columns: minmax(0, 1fr); }
.d-foot { padding: 0.75rem 1.25rem; border-top: 1px solid var(--line); display: flex; justify-content: flex-end; gap: 0.5rem; }
.field { border: 0; margin: 0; padding: 0; min-width: 0; display: grid; gap: 0.25rem; }
.field > label, .field > legend { font-weight: 650; padding: 0; }
.optional { font-weight: 400; color: var(--faint); }
.hint { color: var(--faint); font-size: 0.83rem; }
.field.bad input:not([type="checkbox"], [type="radio"]), .field.bad textarea, .field.bad select { border-color: var(--no); }
.problem { color: var(--no); font-size: 0.85rem; }
.option { display: flex; gap: 0.5rem; align-items: baseline; }
.option small { display: block; color: var(--faint); }
.suggestions { display: flex; flex-wrap: wrap; gap: 0.4rem; }

@media (max-width: 44rem) {
  .workspace { grid-template-columns: minmax(0, 1fr); grid-template-rows: auto minmax(0, 1fr); }
  .side { border-right: 0; border-bottom: 1px solid var(--line); padding: 0.5rem 0.75rem; gap: 0.4rem;
    display: grid; grid-template-columns: 1fr auto; align-items: end; overflow: visible; }
  .side h2 { display: none; }
  .side ul { grid-column: 1 / -1; display: flex; overflow-x: auto; }
  .side li { flex: none; }
  .link-state { grid-column: 1 / -1; margin: 0; }
  .banner span { display: none; }
  .message, .head, .composer, #notice { padding-left: 0.85rem; padding-right: 0.85rem; }
  .fields { grid-template-columns: minmax(0, 1fr); }
  .message { grid-template-columns: 1.75rem minmax(0, 1fr); gap: 0.55rem; }
  .avatar { width: 1.75rem; height: 1.75rem; font-size: 0.7rem; }
  .b-section { flex-direction: column; gap: 0.4rem; }
}
@media (prefers-reduced-motion: no-preference) {
  button, .side li button { transition: background-color 0.12s, border-color 0.12s; }
}
`;
