/** Strongly connected components (Tarjan): every cycle lies within one. Without recursion. */

/** Only those of more than one node; `next` names the successors of a node. */
export function cyclicComponents(
  nodes: Iterable<number>,
  next: (node: number) => Iterable<number>,
): number[][] {
  const found: number[][] = [];
  const index = new Map<number, number>();
  const low = new Map<number, number>();
  const onStack = new Set<number>();
  const stack: number[] = [];

  const enter = (node: number) => {
    index.set(node, index.size);
    low.set(node, index.size - 1);
    stack.push(node);
    onStack.add(node);
    return { node, successors: next(node)[Symbol.iterator]() };
  };
  const lower = (node: number, to: number) => low.set(node, Math.min(low.get(node) ?? 0, to));

  const leave = (node: number) => {
    if (low.get(node) !== index.get(node)) return;
    const component = stack.splice(stack.lastIndexOf(node));
    for (const member of component) onStack.delete(member);
    if (component.length > 1) found.push(component);
  };

  for (const root of nodes) {
    if (index.has(root)) continue;
    const path = [enter(root)];
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const { done, value } = top.successors.next();
      if (done === true) {
        path.pop();
        leave(top.node);
        const parent = path.at(-1);
        if (parent !== undefined) lower(parent.node, low.get(top.node) ?? 0);
      } else if (!index.has(value)) {
        path.push(enter(value));
      } else if (onStack.has(value)) {
        lower(top.node, index.get(value) ?? 0);
      }
    }
  }
  return found;
}
