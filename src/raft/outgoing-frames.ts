/**
 * Messages of all groups on their way out of a turn, gathered so that each peer gets one frame.
 */
import type { Message, NodeId } from './core/types.js';
import type { Group } from './group.js';
import type { GroupMessage, Transport } from './transport/types.js';

export class OutgoingFrames {
  #frames = new Map<NodeId, GroupMessage[]>();

  /** False: nobody knows where the receiver lives; the message is as good as lost. */
  add(group: Group, message: Message): boolean {
    const node = group.nodeOf(message.to);
    if (node === undefined) return false;
    const frame = this.#frames.get(node);
    const addressed = { group: group.id, message };
    if (frame === undefined) this.#frames.set(node, [addressed]);
    else frame.push(addressed);
    return true;
  }

  send(transport: Pick<Transport, 'send'>): void {
    if (this.#frames.size === 0) return;
    const frames = this.#frames;
    this.#frames = new Map();
    for (const [node, messages] of frames) transport.send(node, messages);
  }
}
