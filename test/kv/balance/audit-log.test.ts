import t from 'tap';
import { auditEntriesMax, audited, madeBy } from '../../../src/kv/balance/audit-log.js';
import { FakeDocuments } from './fake-documents.js';
import { authorOf } from './jobs-world.js';

const change = { action: 'pin.create', subject: 'pins/3', after: { node: 4 } };

t.test('a change takes the next number along', async (t) => {
  const store = new FakeDocuments();
  const author = authorOf({ token: 'once', reason: 'because' });
  for (const number of [1, 2]) {
    const changes = audited(store.documents(), author, change, [['pins/3', { x: 1 }]]);
    t.same([...changes.keys()], ['pins/3', `audit/${number}`]);
    t.match(changes.get(`audit/${number}`), {
      number,
      actor: 'anna',
      reason: 'because',
      ...change,
    });
    for (const [name, content] of changes) store.put(name, content);
  }
  t.equal(madeBy(store.documents(), 'once'), 'pins/3');
  t.equal(madeBy(store.documents(), 'another'), undefined);
});

t.test('old entries make room', async (t) => {
  const audit = new Map(
    Array.from({ length: auditEntriesMax }, (_, i) => [i + 1, {} as never] as const),
  );
  const changes = audited({ audit }, authorOf(), change, []);
  t.ok(changes.has('audit/1'));
  t.equal(changes.get('audit/1'), undefined);
  t.match(changes.get(`audit/${auditEntriesMax + 1}`), { number: auditEntriesMax + 1 });
});
