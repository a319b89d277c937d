/** One workload or one key of it, looked at closely: timeline, details, and all operations. */
import { badge, element, section } from './elements.js';
import { countWords, details, operationLink } from './operation-details.js';
import { OperationList } from './operation-list.js';
import { Timeline } from './timeline.js';
import { plural } from './words.js';

const keysOffered = 500;
const stuckShownMax = 12;

export class Explorer {
  #data;
  #operations;
  #page;
  #timeline;
  #list;
  #workload = 0;
  #key;
  #workloadChoice;
  #keyChoice;
  #keys = element('datalist', { id: 'known-keys' });
  #said = element('div', { class: 'said' });
  #pinned = element('div', { class: 'pinned', 'aria-live': 'polite' });

  constructor(data, operations, page) {
    this.#data = data;
    this.#operations = operations;
    this.#page = page;
    this.#timeline = new Timeline({
      operations,
      page,
      series: page.series,
      faults: data.faults,
      label: 'Operations over time, one row per client',
    });
    this.#list = new OperationList(operations, page);
    this.#workloadChoice = element(
      'select',
      { 'aria-label': 'Workload', onchange: () => this.#workloadChosen() },
      ...data.workloads.map(({ name }, i) => element('option', { value: i }, name)),
    );
    this.#keyChoice = element('input', {
      type: 'search',
      list: 'known-keys',
      placeholder: 'all keys',
      'aria-label': 'Key',
      onchange: () => this.showKey(this.#workload, this.#keyChoice.value.trim() || undefined),
    });
  }

  get node() {
    const chooser = element(
      'div',
      { class: 'controls' },
      this.#data.workloads.length > 1 ? this.#workloadChoice : '',
      this.#keyChoice,
      this.#keys,
    );
    return section(
      'timeline',
      'Timeline',
      'One row per client, one box per operation, from call to answer; full boxes write, light ' +
        'ones read, fading ones were never answered. ' +
        'Drag to move, Ctrl and wheel to zoom, click for more.',
      chooser,
      this.#said,
      this.#timeline.node,
      this.#pinned,
      this.#list.node,
    );
  }

  /** Where the trouble is, else the busiest key. */
  begin() {
    const bad = this.#data.workloads.findIndex(({ verdict }) => verdict.validity === 'invalid');
    const workload = Math.max(0, bad);
    const verdict = this.#data.workloads[workload]?.verdict;
    const keys = [...(verdict?.keys ?? [])].sort((a, b) => b.operations - a.operations);
    const key = keys.find(({ validity }) => validity === 'invalid') ?? keys[0];
    this.showKey(workload, key?.key);
    const last = verdict?.culprits.at(-1);
    if (last !== undefined) this.focus(last);
  }

  showKey(workload, key) {
    this.#workload = workload;
    this.#key = key;
    this.#workloadChoice.value = String(workload);
    this.#keyChoice.value = key ?? '';
    this.#offerKeys();
    const numbers = this.#operations.select(workload, key);
    const verdict = this.#data.workloads[workload]?.verdict;
    const judged = verdict?.keys.find((one) => one.key === key);
    const culprits = new Set(verdict?.culprits ?? []);
    const shown = { numbers, culprits, evidence: judged?.evidence };
    this.#timeline.show(shown);
    this.#list.show(shown);
    this.#pinned.replaceChildren();
    this.#said.replaceChildren(...this.#words(numbers, judged));
  }

  /** Shows the operation among those of its key, or of its workload where keys are not alone. */
  focus(number) {
    const workload = this.#operations.workloadOf(number);
    const own = this.#operations.key(number);
    const keys = this.#data.workloads[workload]?.verdict.keys ?? [];
    const key = own !== '' && (keys.length > 0 || this.#key === own) ? own : undefined;
    const stays =
      workload === this.#workload &&
      (this.#key === undefined ? key === undefined : this.#key === own);
    if (!stays) this.showKey(workload, key);
    this.#timeline.focus(number);
    this.#list.focus(number);
    this.select(number);
  }

  select(number) {
    const said = this.#timeline.evidenceOf(number);
    this.#pinned.replaceChildren(details(number, this.#operations, said));
  }

  #workloadChosen() {
    this.showKey(Number(this.#workloadChoice.value), undefined);
  }

  #offerKeys() {
    const keys = this.#data.workloads[this.#workload]?.verdict.keys ?? [];
    const offered = keys.slice(0, keysOffered).map(({ key }) => element('option', { value: key }));
    this.#keys.replaceChildren(...offered);
  }

  #words(numbers, judged) {
    const what = !this.#key ? 'All keys: ' : `Key ${this.#key}: `;
    const head = element(
      'p',
      {},
      judged === undefined ? '' : badge(judged.validity),
      ` ${what}${countWords(numbers, this.#operations)}.`,
    );
    const evidence = judged?.evidence;
    if (evidence === undefined) return [head];
    const { longest, stuck } = evidence;
    const state = longest.at(-1)?.state;
    const reached = state === undefined ? 'nothing has happened' : `the key holds ${state}`;
    const items = stuck
      .slice(0, stuckShownMax)
      .map(({ operation, reason }) =>
        element(
          'li',
          {},
          operationLink(operation, this.#page),
          ` ${this.#operations.short(operation)}: ${reason}`,
        ),
      );
    return [
      head,
      element(
        'p',
        {},
        `The line through the boxes is the longest order that explains all answers: ` +
          `${plural(longest.length, 'operation')}. After it ${reached}, and none of the ` +
          'operations that could come next (red) is possible:',
      ),
      element('ul', { class: 'stuck' }, ...items),
    ];
  }
}
