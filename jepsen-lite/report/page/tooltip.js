/** What is under the pointer, in words. One for the whole page. */
import { element } from './elements.js';

export class Tooltip {
  #node = element('div', { class: 'tooltip', role: 'status', hidden: '' });

  constructor() {
    document.body.append(this.#node);
  }

  show({ clientX, clientY }, ...children) {
    this.#node.replaceChildren(...children);
    this.#node.hidden = false;
    const { width, height } = this.#node.getBoundingClientRect();
    const x = Math.min(clientX + 14, window.innerWidth - width - 8);
    const below = clientY + 18;
    const y = below + height > window.innerHeight ? clientY - height - 12 : below;
    this.#node.style.transform = `translate(${Math.max(8, x)}px, ${Math.max(8, y)}px)`;
  }

  hide() {
    this.#node.hidden = true;
  }
}
