/**
 * First part of the page's script: elements and text. Whatever anyone wrote reaches the page only as the
 * text of a node; addresses become links only where they are http(s) or mailto.
 */
export const SCRIPT_TEXT = String.raw`
  const byId = (id) => document.getElementById(id);

  function element(name, options, ...children) {
    const node = document.createElement(name);
    const { text, className, attributes, on } = options || {};
    if (text !== undefined) node.textContent = text;
    if (className) node.className = className;
    for (const [key, value] of Object.entries(attributes || {})) {
      if (value !== undefined && value !== null && value !== false) node.setAttribute(key, value);
    }
    for (const [key, listener] of Object.entries(on || {})) node.addEventListener(key, listener);
    node.append(...children.filter((child) => child !== undefined && child !== null));
    return node;
  }

  function link(node) {
    if (!/^(?:https?:\/\/|mailto:)/i.test(node.url)) return element('span', { text: node.label });
    return element('a', {
      text: node.label,
      attributes: { href: node.url, target: '_blank', rel: 'noopener noreferrer', title: node.url },
    });
  }

  function styled(node) {
    const { bold, italic, strike, code } = node.style || {};
    let made = document.createTextNode(node.text);
    for (const [wanted, name] of [[code, 'code'], [strike, 's'], [italic, 'em'], [bold, 'strong']]) {
      if (wanted) made = element(name, {}, made);
    }
    return made;
  }

  function inline(node) {
    if (node.kind === 'text') return styled(node);
    if (node.kind === 'link') return link(node);
    if (node.kind === 'mention')
      return element('span', { text: node.text, className: 'mention' + (node.me ? ' me' : '') });
    return element('pre', { attributes: { tabindex: '0' } }, ...node.nodes.map(inline));
  }

  /** Text nodes, with preformatted ones on lines of their own. */
  const texts = (nodes, className) =>
    element('div', { className: 'text ' + (className || '') }, ...nodes.map(inline));

  const plain = (nodes) => nodes.map((node) =>
    node.kind === 'preformatted' ? plain(node.nodes) : node.text || node.label || '').join('');

  const initials = (name) =>
    name.split(/[\s._-]+/).filter(Boolean).slice(0, 2).map((word) => [...word][0].toUpperCase()).join('');

  function hue(name) {
    let sum = 0;
    for (const character of name) sum += character.codePointAt(0);
    return 'hue-' + (sum % 6);
  }
`;
