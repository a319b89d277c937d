/**
 * Operations as boxes over time, one row per client. With the evidence of a search: the order that
 * explains most, and the operations of which none can come next, each with the reason.
 */
import { Canvas, moveWith } from './canvas.js';
import { element } from './elements.js';
import { details } from './operation-details.js';
import { EvenAxis, RealAxis, View } from './time-scale.js';
import { Boxes } from './timeline-boxes.js';
import {
  axisHeight,
  drawAxis,
  drawBackground,
  drawBoxes,
  drawOrder,
  drawRows,
  left,
  rangeWords,
  rowHeight,
} from './timeline-drawing.js';

const right = 8;
const heightMax = 540;
const aroundSteps = 14;

export class Timeline {
  #operations;
  #page;
  #series;
  #faults;
  #canvas;
  #numbers = [];
  #culprits = new Set();
  #evidence;
  #boxes;
  #axis;
  #points = [];
  #view = new View(0, 1);
  #isEven = true;
  #selected;
  #scroller;
  #space = element('div');
  #range = element('span', { class: 'range' });

  constructor({ operations, page, series, faults, label }) {
    this.#operations = operations;
    this.#page = page;
    this.#series = series;
    this.#faults = faults;
    this.#canvas = new Canvas({
      height: 80,
      label,
      draw: (context, palette) => this.#draw(context, palette),
    });
    this.#scroller = element('div', { class: 'timeline' }, this.#space);
    this.#space.append(this.#canvas.node);
    this.#scroller.addEventListener('scroll', () => this.#canvas.redraw());
    this.node = element('div', {}, this.#controls(), this.#scroller);
    this.#listen();
  }

  /** How many boxes the last drawing took. */
  drawn = 0;

  show({ numbers, culprits, evidence }) {
    this.#numbers = numbers;
    this.#culprits = culprits;
    this.#evidence = evidence;
    this.#arrange();
  }

  fit() {
    this.#view.fit();
    this.#canvas.redraw();
  }

  /** The neighbourhood of one operation, marked. */
  focus(number) {
    this.#selected = number;
    const index = this.#numbers.indexOf(number);
    if (index < 0) return;
    const start = this.#axis.starts[index];
    const end = Math.min(this.#boxes.ends[index], start + this.#around() * 4);
    this.#view.show(start - this.#around(), end + this.#around(), this.#axis.smallest);
    this.#scroller.scrollTop = this.#boxes.row[index] * rowHeight - heightMax / 2;
    this.#canvas.redraw();
  }

  /** In the axis's unit, what is comfortable to read on either side. */
  #around() {
    const share = aroundSteps / Math.max(1, 2 * this.#numbers.length);
    return this.#isEven ? aroundSteps : (this.#axis.last - this.#axis.first) * Math.min(1, share);
  }

  #arrange() {
    const Axis = this.#isEven ? EvenAxis : RealAxis;
    this.#axis = new Axis(this.#operations, this.#numbers);
    this.#boxes = new Boxes(this.#operations, this.#numbers, this.#axis);
    this.#view = new View(this.#axis.first, this.#axis.last);
    this.#points = this.#pointsOfOrder();
    const all = axisHeight + this.#boxes.rows.length * rowHeight + 6;
    this.#space.style.height = `${all}px`;
    this.#scroller.style.height = `${Math.min(all, heightMax)}px`;
    this.#canvas.resize(Math.min(all, heightMax));
    this.#canvas.redraw();
  }

  /** An operation takes effect after it was called and after the one before it in the order. */
  #pointsOfOrder() {
    const longest = this.#evidence?.longest ?? [];
    const places = new Map(this.#numbers.map((number, index) => [number, index]));
    let value = Number.NEGATIVE_INFINITY;
    return longest.flatMap(({ operation }) => {
      const index = places.get(operation);
      if (index === undefined) return [];
      const room = this.#isEven ? 0.06 : 0.5;
      value = Math.max(value + room, this.#axis.starts[index] + room);
      value = Math.max(this.#axis.starts[index], Math.min(value, this.#boxes.ends[index]));
      return [{ index, value }];
    });
  }

  #draw(context, palette) {
    const view = this.#view;
    view.width = Math.max(50, this.#canvas.width - left - right);
    const stuck = new Set(this.#evidence?.stuck.map(({ operation }) => operation));
    const scene = {
      operations: this.#operations,
      boxes: this.#boxes,
      axis: this.#axis,
      view,
      faults: this.#faults,
      series: this.#series,
      points: this.#points,
      scrollTop: this.#scroller.scrollTop,
      height: this.#canvas.height,
      marks: {
        selected: this.#selected,
        culprits: this.#culprits,
        stuck,
        special: new Set([...stuck, ...this.#culprits, this.#selected]),
      },
    };
    drawBackground(context, palette, scene);
    drawRows(context, palette, scene);
    this.drawn = drawBoxes(context, palette, scene);
    this.#canvas.node.dataset.boxes = String(this.drawn);
    drawOrder(context, palette, scene);
    drawAxis(context, palette, scene);
    this.#range.textContent = `${rangeWords(scene)} in sight`;
  }

  #controls() {
    const button = (text, title, act) => {
      const onclick = () => {
        act();
        this.#canvas.redraw();
      };
      return element('button', { type: 'button', title, 'aria-label': title, onclick }, text);
    };
    const zoom = (factor) => () =>
      this.#view.zoom(factor, this.#view.width / 2, this.#axis.smallest);
    const spacing = element('input', { type: 'checkbox' });
    spacing.addEventListener('change', () => {
      this.#isEven = !spacing.checked;
      this.#arrange();
      if (this.#selected !== undefined) this.focus(this.#selected);
    });
    return element(
      'div',
      { class: 'controls' },
      button('−', 'See more time', zoom(1 / 0.5)),
      button('+', 'Look closer', zoom(0.5)),
      button('‹', 'Earlier', () => this.#view.pan(-this.#view.width / 2)),
      button('›', 'Later', () => this.#view.pan(this.#view.width / 2)),
      button('all', 'See everything', () => this.#view.fit()),
      element('label', {}, spacing, ' real time'),
      this.#range,
    );
  }

  #listen() {
    const { node } = this.#canvas;
    moveWith(this.#canvas, {
      view: () => this.#view,
      left,
      smallest: () => this.#axis.smallest,
      changed: () => this.#canvas.redraw(),
    });
    node.addEventListener('pointermove', (event) => {
      const number = this.#under(event);
      node.style.cursor = number === undefined ? 'grab' : 'pointer';
      if (number === undefined) this.#page.tooltip.hide();
      else {
        const facts = details(number, this.#operations, this.evidenceOf(number));
        this.#page.tooltip.show(event, facts);
      }
    });
    node.addEventListener('pointerleave', () => this.#page.tooltip.hide());
    node.addEventListener('click', (event) => {
      if (node.dataset.dragged === 'yes') {
        node.dataset.dragged = 'no';
        return;
      }
      const number = this.#under(event);
      if (number === undefined) return;
      this.#selected = number;
      this.#canvas.redraw();
      this.#page.select(number);
    });
  }

  #under({ offsetX, offsetY }) {
    if (offsetY < axisHeight || offsetX < left) return undefined;
    const row = Math.floor((offsetY - axisHeight + this.#scroller.scrollTop) / rowHeight);
    const index = this.#boxes.at(this.#view, offsetX - left, row);
    return index === undefined ? undefined : this.#numbers[index];
  }

  /** What the search says of it. */
  evidenceOf(number) {
    const { longest = [], stuck = [] } = this.#evidence ?? {};
    const place = longest.findIndex(({ operation }) => operation === number);
    const before = place > 0 ? longest[place - 1].state : 'nothing';
    const placed =
      place < 0
        ? []
        : [`number ${place + 1} of the order: ${before} before, ${longest[place].state} after`];
    const reasons = stuck.filter(({ operation }) => operation === number);
    return [...placed, ...reasons.map(({ reason }) => `cannot come next: ${reason}`)];
  }
}
