/** The part of the catalogue that changes a cluster: `kvorum admin ...`. */
import type { Command, Flag, Run } from './command.js';
import { nodeFlags } from './node-flags.js';

const dryRun: Flag = { name: 'dry-run', help: 'only say what would happen' };
const force: Flag = {
  name: 'force',
  help: 'although the new node cannot be reached now; it votes when it is there and caught up',
};
const changeFlags: readonly Flag[] = [
  {
    name: 'expect-epoch',
    value: 'N',
    help: 'only when the membership epoch of the shard is N (exit code 4)',
  },
  dryRun,
  {
    name: 'wait',
    value: 'TIME',
    help: 'how long to wait for the end, by asking again; 0s: do not wait (default: 5m)',
  },
  ...nodeFlags,
];

const goesOn =
  'When the waiting is over the leader goes on by itself, and the exit code is 6. The same ' +
  'command again waits on, also at the next leader; when all is done it says so.';

type Parts = Pick<Command, 'summary' | 'operands' | 'flags' | 'notes' | 'examples'>;

function change(action: string, parts: Parts): Command {
  const count = parts.operands.split(' ').length;
  return {
    name: `admin members ${action}`,
    operandsMin: count,
    operandsMax: count,
    ...parts,
    load: async (): Promise<Run> => {
      const { changeMembers } = await import('./member-commands.js');
      return (invocation, context) => changeMembers(action, invocation, context);
    },
  };
}

const list: Command = {
  name: 'admin members list',
  summary: 'Show the members of a shard as its leader sees them',
  operands: 'SHARD',
  operandsMin: 1,
  operandsMax: 1,
  flags: nodeFlags,
  notes: [
    'lag: entries that the leader has and the member may lack. When the leader cannot be asked, ' +
      'another member answers: it knows the members, and not how far they are.',
  ],
  examples: [['kvorum admin members list 3', 'roles, lag and snapshots of shard 3']],
  load: async () => (await import('./member-commands.js')).listMembers,
};

const add = change('add', {
  summary: 'Add a node to the members of a shard',
  operands: 'SHARD NODE',
  flags: [
    { name: 'learner', help: 'it stays a learner: a copy without a vote' },
    force,
    ...changeFlags,
  ],
  notes: ['The node begins as a learner and becomes a voter when it has caught up.', goesOn],
  examples: [
    ['kvorum admin members add 3 4', 'node 4 gets a replica of shard 3, and a vote'],
    ['kvorum admin members add 3 4 --learner', 'a replica that only reads'],
    ['kvorum admin members add 3 4 --dry-run', 'what would happen'],
  ],
});

const promote = change('promote', {
  summary: 'Give a learner a vote, when it has caught up',
  operands: 'SHARD NODE',
  flags: changeFlags,
  notes: [goesOn],
  examples: [['kvorum admin members promote 3 4', 'node 4 votes in shard 3']],
});

const demote = change('demote', {
  summary: 'Take the vote of a voter; it stays as a learner',
  operands: 'SHARD NODE',
  flags: changeFlags,
  notes: [goesOn],
  examples: [['kvorum admin members demote 3 4', 'node 4 keeps its replica of shard 3']],
});

const remove = change('remove', {
  summary: 'Remove a node from the members of a shard; its replica is deleted',
  operands: 'SHARD NODE',
  flags: changeFlags,
  notes: [
    'Refused when too few of the voters that are left are there now. Removing a node that is ' +
      'being added, or that replaces another one, calls that off.',
    goesOn,
  ],
  examples: [
    ['kvorum admin members remove 3 4', 'also when node 4 leads the shard, or is gone for ever'],
    ['kvorum admin members remove 3 4 --expect-epoch 7', 'only if nobody changed the members'],
  ],
});

const replace = change('replace', {
  summary: 'Replace a voter by another node, without a moment with fewer votes',
  operands: 'SHARD NODE BY',
  flags: [force, ...changeFlags],
  notes: [
    'BY begins as a learner; when it has caught up, one change gives it the vote and takes it ' +
      'from NODE. NODE need not be there.',
    goesOn,
  ],
  examples: [['kvorum admin members replace 3 2 5', 'node 2 is dead; node 5 takes its place']],
});

const transferLeader: Command = {
  name: 'admin transfer-leader',
  summary: 'Give the leadership of a shard to another voter',
  operands: 'SHARD [NODE]',
  operandsMin: 1,
  operandsMax: 2,
  flags: [dryRun, ...nodeFlags],
  notes: [
    'Without NODE: to the voter that holds most of the log. It is waited for until it leads. ' +
      'The balance of leaders leaves the shard alone for ten minutes.',
  ],
  examples: [
    ['kvorum admin transfer-leader 3 2', 'node 2 leads shard 3'],
    ['kvorum admin transfer-leader 3 --dry-run', 'who would lead it'],
  ],
  load: async () => (await import('./member-commands.js')).transferLeader,
};

export const adminCommands: readonly Command[] = [
  list,
  add,
  promote,
  demote,
  remove,
  replace,
  transferLeader,
];
