/** What a cluster can be given, what is refused, and that all of it is written down. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { faultKinds, mixedKinds, refusal } from '../../../jepsen-lite/faults/faults.js';

const guide = join(import.meta.dirname, '..', '..', '..', '..', 'docs', 'JEPSEN-LITE.md');
const named = (name: string) => {
  const kind = faultKinds.find((each) => each.name === name);
  if (kind === undefined) throw new Error(`there is no fault ${name}`);
  return kind;
};

t.test('every fault has one name, and the guide has it', async (t) => {
  const names = faultKinds.map(({ name }) => name);
  t.equal(new Set(names).size, names.length);
  const text = readFileSync(guide, 'utf8');
  for (const name of names) t.ok(text.includes(`\`${name}\``), name);
});

t.test('what is not ours, not there or too small is refused with the reason', async (t) => {
  const own = { nodes: 3, own: true, isKvorum: true };
  const kvorum = { nodes: 3, own: false, isKvorum: true };
  const other = { nodes: 3, own: false, isKvorum: false };
  for (const kind of faultKinds) t.equal(refusal(kind, own), undefined, kind.name);
  t.match(refusal(named('kill'), kvorum), /not ours/);
  t.equal(refusal(named('transfer'), kvorum), undefined);
  t.match(refusal(named('transfer'), other), /other products lack/);
  t.equal(refusal(named('slow-readers'), other), undefined);
  t.match(refusal(named('partition'), { ...own, nodes: 1 }), /at least 2 nodes/);
});

t.test('a mix has what can be injected and does not break what the product trusts', async (t) => {
  const names = mixedKinds({ nodes: 5, own: true, isKvorum: true }).map(({ name }) => name);
  const apart = faultKinds.map(({ name }) => name).filter((name) => !names.includes(name));
  t.same(apart, ['roll-back', 'lies']);
  const remote = mixedKinds({ nodes: 3, own: false, isKvorum: false });
  t.same(new Set(remote.map(({ needs }) => needs)), new Set(['http']));
});
