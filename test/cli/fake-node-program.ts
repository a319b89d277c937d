/**
 * Stands in for the node that `kvorum dev` starts: takes `start --config FILE`, listens on both
 * ports, is ready, and closes on SIGTERM or when its parent is gone. FAKE_NODE: what goes wrong.
 */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';

const [command, flag, file = ''] = process.argv.slice(2);
if (command !== 'start' || flag !== '--config') throw new Error(`wrong arguments ${process.argv}`);
const config = JSON.parse(readFileSync(file, 'utf8'));
const mode = process.env['FAKE_NODE'] ?? '';
const id: number = config['node-id'];
console.log(`fake node ${id} of ${config['cluster-id']}, ${config.node.length} nodes`);

if (mode === 'all-fail' || (mode === 'one-fails' && id === 2)) {
  console.log('no space left on the device');
  process.exit(7);
}

for (const name of ['http', 'peer']) {
  const port = Number(config[name].split(':')[1]);
  createServer((_request, response) => {
    response.writeHead(mode === 'never-ready' ? 503 : 200);
    response.end('shard 2 has no leader');
  }).listen(port, '127.0.0.1');
}
const close = (why: string) => {
  console.log(`fake node ${id}: ${why}`);
  if (mode !== 'never-closes') process.exit(0);
};
process.on('SIGTERM', () => close('SIGTERM'));
process.on('SIGINT', () => close('SIGINT'));
process.on('disconnect', () => close('parent gone'));
