/** The overview plot: drag across it to look closer, double-click to see all again. */
import { Canvas, Series } from './canvas.js';
import { element, section } from './elements.js';
import { details } from './operation-details.js';
import {
  drawDots,
  drawFaults,
  drawLatencyAxis,
  drawLeaders,
  drawRate,
  drawTimeAxis,
  latencyScale,
  latencyY,
  layoutOf,
  left,
} from './overview-drawing.js';
import { View } from './time-scale.js';
import { duration, moment } from './words.js';

const right = 12;
const nearPixels = 8;

export class Overview {
  #data;
  #operations;
  #page;
  #view;
  #scale;
  #canvas;
  #layout;
  #faultNames;
  #shards;
  #nodes;
  #band = element('div', { class: 'band', hidden: '' });

  constructor(data, operations, page) {
    this.#data = data;
    this.#operations = operations;
    this.#page = page;
    this.#view = new View(0, Math.max(data.durationUs, 1000));
    this.#scale = latencyScale(operations);
    this.#faultNames = [...new Set(data.faults.map(({ name }) => name))];
    this.#shards = [...new Set(data.leaders.map(({ shard }) => shard))];
    this.#nodes = new Series(data.leaders.map(({ node }) => node));
    this.#layout = layoutOf(this.#faultNames, this.#shards);
    this.#canvas = new Canvas({
      height: this.#layout.height,
      label: 'Latency and rate of operations over time, with faults',
      draw: (context, palette) => this.#draw(context, palette),
    });
    this.#listen();
  }

  get node() {
    return section(
      'overview',
      'How the run went',
      'Each dot is an operation: how long it took, when it was called. Bars behind are faults; ' +
        'a pale one was never seen to take hold. Drag across to look closer, double-click for all.',
      legend(this.#shards.length > 0),
      element('div', { class: 'plot' }, this.#canvas.node, this.#band),
    );
  }

  #draw(context, palette) {
    const view = this.#view;
    view.width = Math.max(50, this.#canvas.width - left - right);
    const scene = {
      data: this.#data,
      operations: this.#operations,
      series: this.#page.series,
      view,
      layout: this.#layout,
      scale: this.#scale,
      faultNames: this.#faultNames,
      shards: this.#shards,
      nodes: this.#nodes,
    };
    drawFaults(context, palette, scene);
    drawLatencyAxis(context, palette, this.#scale, this.#layout);
    drawRate(context, palette, scene);
    drawDots(context, palette, scene);
    drawLeaders(context, palette, scene);
    drawTimeAxis(context, palette, view, this.#layout.axisTop);
  }

  #listen() {
    const { node } = this.#canvas;
    let begun;
    node.addEventListener('pointerdown', (event) => {
      begun = event.offsetX;
      node.setPointerCapture(event.pointerId);
    });
    node.addEventListener('pointermove', (event) => {
      if (begun === undefined) this.#tell(event);
      else this.#mark(begun, event.offsetX);
    });
    node.addEventListener('pointerleave', () => this.#page.tooltip.hide());
    node.addEventListener('pointerup', (event) => {
      const from = begun;
      begun = undefined;
      this.#band.hidden = true;
      if (from === undefined) return;
      if (Math.abs(event.offsetX - from) < 5) this.#choose(event);
      else this.#zoom(Math.min(from, event.offsetX), Math.max(from, event.offsetX));
    });
    node.addEventListener('dblclick', () => {
      this.#view.fit();
      this.#canvas.redraw();
    });
    node.addEventListener('keydown', ({ key }) => {
      if (key !== 'Escape' && key !== '0') return;
      this.#view.fit();
      this.#canvas.redraw();
    });
  }

  #mark(from, to) {
    this.#band.hidden = false;
    this.#band.style.left = `${Math.min(from, to)}px`;
    this.#band.style.width = `${Math.abs(to - from)}px`;
  }

  #zoom(from, to) {
    this.#view.show(this.#view.toValue(from - left), this.#view.toValue(to - left), 1000);
    this.#canvas.redraw();
  }

  #choose(event) {
    const number = this.#nearest(event);
    if (number !== undefined) this.#page.jump(number);
  }

  /** The operation whose dot is under the pointer. */
  #nearest({ offsetX, offsetY }) {
    let best;
    let distance = nearPixels ** 2;
    for (let number = 0; number < this.#operations.count; number += 1) {
      const dx = left + this.#view.toPixel(this.#operations.startUs[number]) - offsetX;
      if (Math.abs(dx) > nearPixels) continue;
      const took = this.#operations.endUs[number] - this.#operations.startUs[number];
      const open = took === Number.POSITIVE_INFINITY;
      const y = open ? this.#layout.unansweredTop + 8 : latencyY(took, this.#scale, this.#layout);
      const far = dx ** 2 + (y - offsetY) ** 2;
      if (far >= distance) continue;
      distance = far;
      best = number;
    }
    return best;
  }

  #tell(event) {
    const number = this.#nearest(event);
    const us = this.#view.toValue(event.offsetX - left);
    const lines = this.#happening(us);
    if (number !== undefined) {
      const facts = details(number, this.#operations);
      this.#page.tooltip.show(event, facts, ...lines);
    } else if (us < this.#view.from || us > this.#view.to) this.#page.tooltip.hide();
    else this.#page.tooltip.show(event, element('b', {}, moment(us, 1000)), ...lines);
  }

  #happening(us) {
    const isNow = ({ startNs, endNs }) => startNs / 1000 <= us && us <= (endNs ?? Infinity) / 1000;
    const faults = this.#data.faults.filter(isNow).map((span) => {
      const since = duration(us - span.startNs / 1000);
      const held = { true: 'seen to hold', false: 'NOT seen to hold', null: 'not probed' };
      return element(
        'p',
        {},
        `${span.name} for ${since}: ${span.started} (${held[span.verified]})`,
      );
    });
    const leaders = this.#data.leaders.filter(isNow).map(({ shard, node, term }) => {
      return element('p', {}, `shard ${shard}: node ${node} leads, term ${term}`);
    });
    return [...faults, ...leaders.slice(0, 6)];
  }
}

function legend(hasLeaders) {
  const entries = [
    ['ok', 'took effect'],
    ['fail', 'refused'],
    ['unknown', 'nobody knows'],
  ].map(([kind, words]) => element('li', { class: kind }, words));
  const strip = hasLeaders ? [element('li', { class: 'plain' }, 'strips: who led each shard')] : [];
  return element('ul', { class: 'legend' }, ...entries, ...strip);
}
