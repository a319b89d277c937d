import t from 'tap';
import { auditDocumentSchema } from '../../../src/kv/balance/audit-document.js';

t.test('an entry says who, what, why, and by which request', async (t) => {
  const entry = {
    ...{ number: 1, atMs: 5, actor: 'anna', action: 'job.begin', subject: 'jobs/1' },
    ...{ reason: '', requestId: 'r', token: 't', after: { plan: '1' } },
  };
  t.same(auditDocumentSchema.parse(entry), entry);
  t.notOk(auditDocumentSchema.safeParse({ ...entry, actor: undefined }).success);
});
