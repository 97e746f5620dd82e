/** Third part of the page's script: what is seen, what is pressed, and news from the server. */
export const SCRIPT_APP = String.raw`
  const base = document.documentElement.dataset.base || '';
  const MINE = 'countersign.local-slack.me';
  const HOME = 'home';
  let state;
  let user = sessionStorage.getItem(MINE) || '';
  let channel = '';
  let modalShown = '';
  let modalForm;
  let asking;
  /** The newest message a person has seen, by person and conversation. */
  const seenUpTo = {};

  const failures = {
    timeout: 'Countersign did not answer within 3 seconds. Try again.',
    no_connection: 'Countersign is not connected to this workspace.',
    element_not_found: 'That button is gone: the card has changed.',
    message_not_found: 'That message is gone.',
    view_not_found: 'That window is gone.',
  };
  const explain = (result) =>
    !result.error || result.error === 'client_validation' ? ''
      : failures[result.error] || 'Countersign refused this: ' + result.error + '.';

  async function post(act, body) {
    try {
      const answer = await fetch(base + '/api/' + act, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ user, ...body }),
      });
      const content = await answer.json();
      if (!answer.ok) return { error: content.what || 'refused', words: content.what };
      return content;
    } catch {
      return { error: 'offline', words: 'The server does not answer.' };
    }
  }
  const wordsOf = (result) => result.words || explain(result);

  function askFirst(confirm) {
    const dialog = byId('confirm');
    return new Promise((resolve) => {
      const finish = (yes) => { dialog.onclose = null; dialog.close(); resolve(yes); };
      const go = element('button', {
        text: confirm.confirm,
        className: confirm.style === 'danger' ? 'danger solid' : 'primary',
        attributes: { type: 'button' },
        on: { click: () => finish(true) },
      });
      dialog.replaceChildren(
        element('h2', { text: confirm.title, className: 'd-head', attributes: { id: 'confirm-title' } }),
        element('div', { className: 'd-body' }, texts(confirm.text)),
        element('div', { className: 'd-foot' },
          element('button', { text: confirm.deny, attributes: { type: 'button' }, on: { click: () => finish(false) } }), go),
      );
      dialog.onclose = () => resolve(false);
      dialog.showModal();
      go.focus();
    });
  }

  const pressOn = (ts) => async (control, option) =>
    wordsOf(await post('click', { channel: state.channel, ts, actionId: control.actionId, blockId: control.blockId, option }));
  const pressIn = (viewId) => async (control, option) =>
    wordsOf(await post('click-view', { viewId, actionId: control.actionId, blockId: control.blockId, option }));

  function drawMessage(message) {
    const face = element('div', {
      text: initials(message.author),
      className: 'avatar ' + (message.isApp ? 'app' : hue(message.author)),
      attributes: { 'aria-hidden': 'true' },
    });
    const byline = element('div', { className: 'byline' },
      element('b', { text: message.author }),
      message.isApp ? element('span', { text: 'APP', className: 'tag' }) : undefined,
      element('span', { text: message.time, className: 'time' }));
    const content = element('div', { className: 'content' }, byline);
    if (message.onlyYou) content.prepend(element('div', { text: 'Only visible to you', className: 'note' }));
    if (message.nodes.length > 0) content.append(texts(message.nodes));
    content.append(...drawBlocks(message.blocks, pressOn(message.ts)));
    if (message.edited) content.append(element('span', { text: '(edited)', className: 'edited' }));
    if (message.reactions.length > 0)
      content.append(element('div', { text: message.reactions.join(' '), className: 'reactions' }));
    if (message.replies.length > 0)
      content.append(element('div', { className: 'replies', attributes: { role: 'group', 'aria-label': 'Thread' } },
        ...message.replies.map(drawMessage)));
    return element('article', { className: 'message' + (message.onlyYou ? ' only-you' : '') }, face, content);
  }

  /** Nodes by key, so that what did not change keeps its focus and its open menus. */
  function reconcile(parent, items, keyOf, draw) {
    const old = new Map([...parent.children].map((node) => [node.dataset.key, node]));
    const nodes = items.map((item) => {
      const key = keyOf(item);
      const kept = old.get(key);
      if (kept) return kept;
      const node = draw(item);
      node.dataset.key = key;
      return node;
    });
    const same = nodes.length === parent.children.length && nodes.every((node, index) => node === parent.children[index]);
    if (!same) parent.replaceChildren(...nodes);
  }

  function drawTimeline() {
    const log = byId('messages');
    const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 80 || log.dataset.channel !== channel;
    if (channel === HOME) {
      const blocks = state.home ? state.home.blocks : [];
      log.replaceChildren(element('div', { className: 'message' }, element('span'),
        element('div', { className: 'content' }, ...drawBlocks(blocks, pressIn(state.home && state.home.id)))));
      if (!state.home) log.replaceChildren(element('p', { text: 'Countersign has not published this tab yet.', className: 'empty' }));
    } else if (state.messages.length === 0) {
      log.replaceChildren(element('p', {
        text: 'Nothing here yet. When an agent asks for something that needs approval, its card appears here.',
        className: 'empty',
        attributes: { 'data-key': 'empty' },
      }));
    } else {
      reconcile(log, state.messages, (message) => user + JSON.stringify(message), drawMessage);
    }
    if (atEnd) log.scrollTop = log.scrollHeight;
    log.dataset.channel = channel;
  }

  function drawSide() {
    const me = byId('me');
    reconcile(me, state.people, (one) => one.id + one.realName + one.deleted, (one) => {
      const label = one.realName + (one.isGuest ? ' (guest)' : '') + (one.deleted ? ' (deactivated)' : '');
      return element('option', { text: label, attributes: { value: one.id, disabled: one.deleted && '' } });
    });
    me.value = user;
    const rows = [...state.channels, { id: HOME, name: 'App Home', sign: '⌂' }];
    const isUnread = (one) => one.latest && one.id !== channel && seenUpTo[user + one.id] !== one.latest;
    for (const one of rows) if (one.id === channel) seenUpTo[user + one.id] = one.latest;
    reconcile(byId('channels'), rows, (one) => [user, one.id, one.id === channel, isUnread(one)].join(), (one) =>
      element('li', {}, element('button', {
        className: isUnread(one) ? 'unread' : '',
        attributes: { type: 'button', 'aria-current': one.id === channel ? 'true' : undefined },
        on: { click: () => choose(one.id) },
      }, element('span', { text: one.sign || (one.isDirect ? '@' : '#'), className: 'sign', attributes: { 'aria-hidden': 'true' } }), one.name)));
    const link = byId('link');
    link.textContent = state.connected ? 'Countersign is connected' : 'Countersign is not connected';
    link.classList.toggle('off', !state.connected);
    const here = rows.find((one) => one.id === channel);
    byId('title').textContent = here ? (here.sign ? here.name : (here.isDirect ? '' : '#') + here.name) : '';
    byId('subtitle').textContent = !here ? '' : here.id === HOME ? 'What waits for ' + (state.me ? state.me.realName : 'you')
      : here.isDirect ? 'Messages between Countersign and ' + (state.me ? state.me.realName : 'you') : '';
    byId('composer').hidden = channel === HOME;
  }

  function drawModal() {
    const dialog = byId('modal');
    const view = state.modal;
    const key = view ? user + view.id + view.hash : '';
    if (key === modalShown) {
      if (view) modalForm.show(view.errors);
      return;
    }
    modalShown = key;
    if (!view) { dialog.close(); dialog.replaceChildren(); return; }
    modalForm = createForm('modal');
    const failed = element('p', { className: 'problem', attributes: { role: 'alert' } });
    const form = element('form', { attributes: { novalidate: '', class: 'd-form' } });
    const submit = view.submit && element('button', { text: view.submit, className: 'primary', attributes: { type: 'submit' } });
    form.append(
      element('h2', { text: view.title, className: 'd-head', attributes: { id: 'modal-title' } }),
      element('div', { className: 'd-body' }, ...drawBlocks(view.blocks, pressIn(view.id), modalForm), failed),
      element('div', { className: 'd-foot' },
        element('button', { text: view.close, attributes: { type: 'button' }, on: { click: () => closeModal(view.id) } }), submit),
    );
    form.addEventListener('submit', async (event) => {
      event.preventDefault();
      if (!submit) return;
      submit.disabled = true;
      const result = await post('submit', { viewId: view.id, values: modalForm.values() });
      submit.disabled = false;
      failed.textContent = wordsOf(result);
      if (result.errors) modalForm.show(result.errors);
    });
    dialog.replaceChildren(form);
    modalForm.show(view.errors);
    if (!dialog.open) dialog.showModal();
    const first = form.querySelector('.d-body input, .d-body textarea, .d-body select');
    if (first) first.focus();
  }
  const closeModal = (viewId) => post('close', { viewId });
  byId('modal').addEventListener('cancel', (event) => {
    event.preventDefault();
    if (state.modal) void closeModal(state.modal.id);
  });

  function drawPersonDialog() {
    const dialog = byId('person');
    const name = element('input', { attributes: { id: 'person-name', required: '', maxlength: '80' } });
    const email = element('input', { attributes: { id: 'person-email', type: 'email', maxlength: '200' } });
    const guest = element('input', { attributes: { type: 'checkbox' } });
    const failed = element('p', { className: 'problem', attributes: { role: 'alert' } });
    const form = element('form', {},
      element('h2', { text: 'Add a person', className: 'd-head', attributes: { id: 'person-title' } }),
      element('div', { className: 'd-body' },
        state.suggestions.length === 0 ? undefined : element('div', { className: 'field' },
          element('p', { text: 'Known to Countersign', className: 'hint' }),
          element('div', { className: 'suggestions' }, ...state.suggestions.slice(0, 12).map((one) =>
            element('button', { text: one.name, attributes: { type: 'button' }, on: { click: () => { name.value = one.name; email.value = one.email || ''; } } })))),
        element('div', { className: 'field' }, element('label', { text: 'Name', attributes: { for: 'person-name' } }), name),
        element('div', { className: 'field' }, element('label', { text: 'E-mail', attributes: { for: 'person-email' } },
          element('span', { text: ' (optional)', className: 'optional' })), email),
        element('label', { className: 'option' }, guest, element('span', { text: 'A guest of this workspace' })), failed),
      element('div', { className: 'd-foot' },
        element('button', { text: 'Cancel', attributes: { type: 'button' }, on: { click: () => dialog.close() } }),
        element('button', { text: 'Add', className: 'primary', attributes: { type: 'submit' } })),
    );
    form.addEventListener('submit', async (event) => {
      event.preventDefault();
      const added = await post('add-user', { name: name.value, email: email.value, isGuest: guest.checked });
      if (!added.id) { failed.textContent = wordsOf(added) || 'That did not work.'; return; }
      dialog.close();
      become(added.id);
    });
    dialog.replaceChildren(form);
    dialog.showModal();
    name.focus();
  }

  function become(id) {
    user = id;
    sessionStorage.setItem(MINE, id);
    void refresh();
    if (channel === HOME) void post('home', {});
  }
  function choose(id) {
    channel = id;
    byId('notice').textContent = '';
    void refresh();
    if (id === HOME) void post('home', {});
  }

  function draw() {
    user = state.me ? state.me.id : '';
    if (channel !== HOME) channel = state.channel || '';
    drawSide();
    drawTimeline();
    drawModal();
  }

  async function ask(since) {
    if (asking) asking.abort();
    const mine = (asking = new AbortController());
    const query = new URLSearchParams({
      user, channel: channel === HOME ? '' : channel, since: String(since),
      tz: Intl.DateTimeFormat().resolvedOptions().timeZone || 'UTC',
    });
    const answer = await fetch(base + '/api/state?' + query, { signal: mine.signal });
    if (answer.status === 401) { location.reload(); return; }
    if (!answer.ok) throw new Error('The server answered ' + answer.status + '.');
    state = await answer.json();
    draw();
  }
  let round = 0;
  async function refresh() {
    round += 1;
    const mine = round;
    let seen = -1;
    while (mine === round) {
      try {
        await ask(seen);
        if (mine !== round) return;
        seen = state.version;
        if (byId('notice').dataset.offline) { byId('notice').textContent = ''; delete byId('notice').dataset.offline; }
      } catch (error) {
        if (mine !== round) return;
        byId('notice').textContent = 'The server does not answer. Trying again.';
        byId('notice').dataset.offline = 'yes';
        await new Promise((resume) => setTimeout(resume, 1500));
        seen = -1;
      }
    }
  }

  byId('me').addEventListener('change', (event) => become(event.target.value));
  byId('add-person').addEventListener('click', drawPersonDialog);
  byId('composer').addEventListener('submit', async (event) => {
    event.preventDefault();
    const field = byId('text');
    const text = field.value;
    if (text.trim() === '') return;
    field.value = '';
    const result = await post('send', { channel: state.channel, text });
    byId('notice').textContent = wordsOf(result);
    if (wordsOf(result)) field.value = text;
  });
  void refresh();
`;
