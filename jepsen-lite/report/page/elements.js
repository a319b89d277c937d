/** Elements of the page, made in one expression. Texts of a history only ever become text nodes. */

/** Attributes, except `on...` functions, which listen. Children are elements or texts. */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === 'function') made.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== false) made.setAttribute(name, value);
  }
  made.append(...children.flat(2).filter((child) => child !== undefined && child !== ''));
  return made;
}

/** A part of a picture. */
export function svg(tag, attributes) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}

export function section(id, title, hint, ...children) {
  return element(
    'section',
    { id, 'aria-labelledby': `${id}-title` },
    element('h2', { id: `${id}-title` }, title),
    hint === '' ? '' : element('p', { class: 'hint' }, hint),
    ...children,
  );
}

export function badge(validity) {
  return element('span', { class: `badge ${validity}` }, validity);
}

/** A text that can be taken along. */
export function copyable(text) {
  const button = element('button', { type: 'button', class: 'copy' }, 'copy');
  button.addEventListener('click', async () => {
    await navigator.clipboard?.writeText(text).catch(() => undefined);
    button.textContent = 'copied';
  });
  return element('span', { class: 'copyable' }, element('code', {}, text), button);
}
