/** Second part of the page's script: blocks, their controls and the fields of a form. */
export const SCRIPT_BLOCKS = String.raw`
  const styleClass = { primary: 'primary', danger: 'danger' };

  /** Draws blocks; press(control, option) resolves with what went wrong, or undefined. */
  function drawBlocks(blocks, press, form) {
    return blocks.map((block) => drawBlock(block, press, form)).filter(Boolean);
  }

  function drawBlock(block, press, form) {
    if (block.kind === 'header')
      return element('div', { className: 'b-header', attributes: { role: 'heading', 'aria-level': '2' } }, ...block.nodes.map(inline));
    if (block.kind === 'divider') return element('hr');
    if (block.kind === 'context')
      return element('div', { className: 'b-context' }, ...block.items.map((nodes) => texts(nodes)));
    if (block.kind === 'text')
      return texts(block.nodes, ['b-text', block.tone, block.level].filter(Boolean).join(' '));
    if (block.kind === 'table')
      return element('div', { className: 'scroll' }, element('table', {}, element('tbody', {},
        ...block.rows.map((row) => element('tr', {}, ...row.map((cell) => element('td', {}, ...cell.map(inline))))))));
    if (block.kind === 'section') return drawSection(block, press, form);
    if (block.kind === 'input') return form ? form.field(block) : undefined;
    return drawActions(block.elements, press, form);
  }

  function drawSection(block, press, form) {
    const body = element('div', { className: 'body' });
    if (block.nodes.length > 0) body.append(texts(block.nodes));
    if (block.fields.length > 0)
      body.append(element('div', { className: 'fields' }, ...block.fields.map((nodes) => texts(nodes))));
    const row = element('div', { className: 'b-section' }, body);
    if (block.accessory) row.append(drawActions([block.accessory], press, form));
    return row;
  }

  function drawActions(controls, press, form) {
    const row = element('div', { className: 'b-actions' });
    const failed = element('span', { className: 'failed', attributes: { role: 'alert' } });
    const act = async (control, option) => {
      if (control.confirm && !(await askFirst(control.confirm))) return;
      failed.textContent = '';
      const parts = row.querySelectorAll('button, select');
      for (const part of parts) part.disabled = true;
      failed.textContent = (await press(control, option)) || '';
      for (const part of parts) part.disabled = false;
    };
    row.append(...controls.map((control) => drawControl(control, act, form)), failed);
    return row;
  }

  function drawControl(control, act, form) {
    if (control.type === 'button') {
      const button = element('button', {
        text: control.label,
        className: styleClass[control.style] || '',
        attributes: { type: 'button', 'aria-label': control.accessibilityLabel },
        on: { click: () => act(control) },
      });
      if (control.url && /^https?:\/\//i.test(control.url))
        button.addEventListener('click', () => window.open(control.url, '_blank', 'noopener,noreferrer'));
      return button;
    }
    if (control.type === 'overflow') return drawMenu(control, act);
    if (control.type === 'image') return undefined;
    const field = drawField(control);
    field.node.addEventListener('change', () => {
      const value = field.read();
      act(control, Array.isArray(value) ? value.at(-1) : value);
    });
    field.node.setAttribute('aria-label', control.placeholder || 'Choose');
    if (form) form.fields.push({ blockId: control.blockId, actionId: control.actionId, read: field.read });
    return field.node;
  }

  function drawMenu(control, act) {
    const menu = element('details', { className: 'more' });
    menu.append(
      element('summary', { text: '⋯', attributes: { 'aria-label': 'More actions' } }),
      element('div', { className: 'menu' }, ...control.options.map((option) =>
        element('button', {
          attributes: { type: 'button' },
          on: { click: () => { menu.open = false; void act(control, option.value); } },
        }, ...option.text.map(inline)))),
    );
    menu.addEventListener('keydown', (event) => {
      if (event.key !== 'Escape') return;
      menu.open = false;
      menu.querySelector('summary').focus();
    });
    return menu;
  }

  document.addEventListener('click', (event) => {
    for (const menu of document.querySelectorAll('details.more[open]')) {
      if (!menu.contains(event.target)) menu.open = false;
    }
  });

  const inputTypes = {
    number_input: 'text', email_text_input: 'email', url_text_input: 'url',
    datepicker: 'date', timepicker: 'time',
  };

  /** A control that holds a value: its node, and what it holds now. */
  function drawField(control, id) {
    const initial = control.initial;
    const read = (node) => () => (node.value === '' ? undefined : node.value);
    if (control.type === 'radio_buttons' || control.type === 'checkboxes') return drawChoices(control, id);
    if (/select/.test(control.type)) {
      const many = control.type.startsWith('multi_');
      const select = element('select', { attributes: { id, multiple: many && '' } });
      if (!many) select.append(element('option', { text: control.placeholder || 'Choose', attributes: { value: '' } }));
      for (const [value, label] of choicesOf(control)) {
        const option = element('option', { text: label, attributes: { value } });
        option.selected = initial.includes(value);
        select.append(option);
      }
      return many
        ? { node: select, read: () => [...select.selectedOptions].map((option) => option.value) }
        : { node: select, read: read(select) };
    }
    const input = element(control.multiline ? 'textarea' : 'input', {
      attributes: {
        id,
        type: control.multiline ? undefined : inputTypes[control.type] || 'text',
        inputmode: control.type === 'number_input' ? 'decimal' : undefined,
        placeholder: control.placeholder,
        maxlength: '3000',
      },
    });
    input.value = initial[0] || '';
    return { node: input, read: () => input.value };
  }

  function choicesOf(control) {
    if (/users/.test(control.type)) return state.people.map((one) => [one.id, one.realName]);
    if (/channels|conversations/.test(control.type))
      return state.channels.map((one) => [one.id, (one.isDirect ? '@' : '#') + one.name]);
    return control.options.map((option) => [option.value, plain(option.text)]);
  }

  let groups = 0;
  function drawChoices(control, id) {
    groups += 1;
    const type = control.type === 'checkboxes' ? 'checkbox' : 'radio';
    const boxes = control.options.map((option, index) => {
      const box = element('input', {
        attributes: { type, name: 'group' + groups, value: option.value, id: index === 0 ? id : undefined },
      });
      box.checked = control.initial.includes(option.value);
      const words = element('span', {}, ...option.text.map(inline));
      if (option.description) words.append(element('small', {}, ...option.description.map(inline)));
      return { box, row: element('label', { className: 'option' }, box, words) };
    });
    const node = element('div', { attributes: { role: type === 'radio' ? 'radiogroup' : 'group' } }, ...boxes.map(({ row }) => row));
    const chosen = () => boxes.filter(({ box }) => box.checked).map(({ box }) => box.value);
    return { node, read: type === 'checkbox' ? chosen : () => chosen()[0] };
  }

  /** Collects the inputs of one form. */
  function createForm(prefix) {
    const fields = [];
    return {
      fields,
      field: (block) => {
        const id = prefix + '-' + fields.length;
        const drawn = drawField(block.element, id);
        const grouped = /radio|checkboxes/.test(block.element.type);
        const problem = element('p', { className: 'problem', attributes: { id: id + '-problem', role: 'alert' } });
        const label = element(grouped ? 'legend' : 'label', { text: block.label, attributes: { for: grouped ? undefined : id } });
        if (block.optional) label.append(element('span', { text: ' (optional)', className: 'optional' }));
        const row = element(grouped ? 'fieldset' : 'div', { className: 'field' }, label, drawn.node,
          block.hint && element('p', { text: block.hint, className: 'hint' }), problem);
        drawn.node.setAttribute('aria-describedby', problem.id);
        fields.push({ blockId: block.blockId, actionId: block.element.actionId, read: drawn.read, row, problem });
        return row;
      },
      values: () => {
        const values = {};
        for (const { blockId, actionId, read } of fields) {
          const value = read();
          if (value !== undefined) values[blockId] = { ...values[blockId], [actionId]: value };
        }
        return values;
      },
      show: (errors) => {
        for (const { blockId, row, problem } of fields) {
          if (!row) continue;
          problem.textContent = errors[blockId] || '';
          row.classList.toggle('bad', Boolean(errors[blockId]));
        }
      },
    };
  }
`;
