/** A canvas that is sharp on every screen and draws once per frame, in the page's colours. */

export class Canvas {
  #draw;
  #asked = false;

  constructor({ height, label, draw }) {
    this.node = document.createElement('canvas');
    this.node.tabIndex = 0;
    this.node.setAttribute('role', 'img');
    this.node.setAttribute('aria-label', label);
    this.#draw = draw;
    this.width = 0;
    this.height = height;
    this.node.style.height = `${height}px`;
    new ResizeObserver(() => this.#resized()).observe(this.node);
    matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.redraw());
  }

  redraw() {
    if (this.#asked || this.width === 0) return;
    this.#asked = true;
    requestAnimationFrame(() => {
      this.#asked = false;
      this.#drawNow();
    });
  }

  resize(height) {
    this.height = height;
    this.node.style.height = `${height}px`;
    this.#resized();
  }

  #resized() {
    this.width = this.node.clientWidth;
    this.redraw();
  }

  #drawNow() {
    const ratio = window.devicePixelRatio || 1;
    this.node.width = Math.round(this.width * ratio);
    this.node.height = Math.round(this.height * ratio);
    const context = this.node.getContext('2d');
    context.scale(ratio, ratio);
    context.font = `12px ${getComputedStyle(this.node).fontFamily}`;
    context.textBaseline = 'middle';
    this.#draw(context, colors());
  }
}

const colorNames = [
  ...['text', 'faint', 'line', 'paper', 'ok', 'ok-soft', 'fail', 'unknown', 'bad', 'bad-soft'],
  ...['point', 'series-1', 'series-2', 'series-3', 'series-4', 'series-5', 'series-6'],
];

export function colors() {
  const style = getComputedStyle(document.documentElement);
  return Object.fromEntries(
    colorNames.map((name) => [name, style.getPropertyValue(`--${name}`).trim()]),
  );
}

/** One colour per name, the same wherever it is asked. */
export class Series {
  #names;

  constructor(names) {
    this.#names = [...new Set(names)].sort();
  }

  color(name, palette) {
    return palette[`series-${(this.#names.indexOf(name) % 6) + 1}`];
  }
}

/** A text cut to its room; nothing where there is none. */
export function clippedText(context, text, { x, y, width }) {
  if (width < 14) return;
  const letters = Math.floor(width / 6.2);
  const shown = text.length > letters ? `${text.slice(0, Math.max(1, letters - 1))}…` : text;
  context.fillText(shown, x, y, width);
}

/** Dragging, the wheel with Ctrl or sideways, and keys move a view. */
export function moveWith(canvas, { view, left, smallest, changed }) {
  const { node } = canvas;
  let dragged;
  node.addEventListener('pointerdown', (event) => {
    dragged = { x: event.clientX, moved: 0 };
    node.setPointerCapture(event.pointerId);
  });
  node.addEventListener('pointermove', (event) => {
    if (dragged === undefined) return;
    const by = dragged.x - event.clientX;
    dragged = { x: event.clientX, moved: dragged.moved + Math.abs(by) };
    node.dataset.dragged = dragged.moved > 4 ? 'yes' : 'no';
    view().pan(by);
    changed();
  });
  for (const end of ['pointerup', 'pointercancel']) {
    node.addEventListener(end, () => {
      dragged = undefined;
    });
  }
  node.addEventListener(
    'wheel',
    (event) => {
      const sideways = event.shiftKey ? event.deltaY : event.deltaX;
      if (event.ctrlKey) view().zoom(1.0015 ** event.deltaY, event.offsetX - left, smallest());
      else if (Math.abs(sideways) > Math.abs(event.deltaY) || event.shiftKey) view().pan(sideways);
      else return;
      event.preventDefault();
      changed();
    },
    { passive: false },
  );
  node.addEventListener('keydown', (event) => {
    const { width } = view();
    const moves = {
      ArrowLeft: () => view().pan(-width / 10),
      ArrowRight: () => view().pan(width / 10),
      '+': () => view().zoom(0.7, width / 2, smallest()),
      '-': () => view().zoom(1 / 0.7, width / 2, smallest()),
      0: () => view().fit(),
    };
    if (moves[event.key] === undefined || event.ctrlKey || event.metaKey) return;
    moves[event.key]();
    event.preventDefault();
    changed();
  });
}
