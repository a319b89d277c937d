import t from 'tap';
import { nodeSchema } from '../../src/cli/config-schema.js';
import type { SettingName } from '../../src/cli/settings.js';

const limits: Readonly<Record<string, { allowed: unknown[]; refused: unknown[] }>> = {
  'node-id': { allowed: ['1', '65535'], refused: ['0', '65536', '1.0', '-1', '', 'x', '0x1'] },
  'cluster-id': { allowed: ['a', 'a.B-3_'], refused: ['', 'a b', 'a/b', 'a'.repeat(65)] },
  dir: { allowed: ['x', '/var/lib/x'], refused: ['', 'x'.repeat(4097)] },
  http: { allowed: ['h:1'], refused: ['h', '8401'] },
  node: { allowed: [['1@h:1']], refused: [[], ['1'], '1@h:1'] },
  'peer-address': { allowed: [[], ['2=h:1']], refused: [['2']] },
  shards: { allowed: ['1', '1024'], refused: ['0', '1025'] },
  replicas: { allowed: ['1', '3', '5'], refused: ['0', '2', '4', '7', ''] },
  secret: {
    allowed: ['x'.repeat(16), 'x'.repeat(1024)],
    refused: ['x'.repeat(15), 'x'.repeat(1025)],
  },
  insecure: { allowed: ['true', 'false'], refused: ['', 'yes', 'TRUE', '1'] },
  'segment-bytes': { allowed: ['1MiB', '1GiB'], refused: ['1023KiB', '1025MiB', '0', 'big'] },
  'value-bytes-max': { allowed: ['1KiB', '4MiB'], refused: ['1023', '4097KiB'] },
  'log-level': { allowed: ['trace', 'silent'], refused: ['loud', 'INFO'] },
  'log-format': { allowed: ['json', 'text'], refused: ['pretty'] },
};

t.test('each setting takes its limits and nothing beyond', async (t) => {
  for (const [name, { allowed, refused }] of Object.entries(limits)) {
    const schema = nodeSchema.shape[name as SettingName];
    for (const value of allowed) t.ok(schema.safeParse(value).success, `${name} ${value}`);
    for (const value of refused) t.notOk(schema.safeParse(value).success, `${name} not ${value}`);
  }
});
