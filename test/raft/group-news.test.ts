/** What is said when roles and members change. */
import t, { type Test } from 'tap';
import type { Effects } from '../../src/raft/core/types.js';
import { GroupNews } from '../../src/raft/group-news.js';
import type { RoleChange } from '../../src/raft/host-options.js';
import { configurationOf, HostWorld, replicaOf } from './host-world.js';

function news(t: Test) {
  const group = new HostWorld(t).at(1).host.group(1);
  if (group === undefined) throw new Error('the group exists');
  const lines: [string, object, string][] = [];
  const roles: RoleChange[] = [];
  const log = (level: string) => (fields: object, message: string) => {
    lines.push([level, fields, message]);
  };
  const logger = { info: log('info'), warn: log('warn'), error: log('error') };
  const told = new GroupNews({ logger, onRole: (change) => roles.push(change) });
  const take = (effects: Partial<Effects>) => told.take(group, effects as Effects);
  return { told, take, lines, roles };
}

t.test('a role is told with the node that leads, and elections are counted', async (t) => {
  const { told, take, roles, lines } = news(t);
  take({ role: { role: 'candidate', leader: 0, term: 4 } });
  take({ role: { role: 'follower', leader: replicaOf(2), term: 4 } });
  t.match(roles, [
    { group: 1, role: 'candidate', leader: undefined, term: 4 },
    { group: 1, role: 'follower', leader: 2, term: 4 },
  ]);
  t.equal(lines.length, 2);
  t.equal(told.statistics.elections, 1);
});

t.test('H1: a leader with a slow disk says why it hands over', async (t) => {
  const { told, take, lines } = news(t);
  take({ handOver: { to: replicaOf(3), reason: 'slow-disk' } });
  t.match(lines, [
    ['warn', { group: 1, to: 3, reason: 'slow-disk' }, /disk of this node is slower/],
  ]);
  t.equal(told.statistics.slowDiskHandOvers, 1);
  take({ handOver: { to: replicaOf(3), reason: 'state-damaged' } });
  t.match(lines[1], ['warn', { reason: 'state-damaged' }, /state is damaged/]);
  t.equal(told.statistics.slowDiskHandOvers, 1);
});

t.test('a new configuration is said by its nodes', async (t) => {
  const { take, lines } = news(t);
  take({ configuration: configurationOf(3) });
  t.match(lines, [['info', { group: 1, voters: '1 2 3', outgoing: '', learners: '' }, /changed/]]);
});
