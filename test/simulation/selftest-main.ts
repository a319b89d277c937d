/** `make sim-selftest`: hunts all planted bugs, or those that are named, and prints the table. */
import { parseArgs } from 'node:util';
import { bugsNamed, seedsFrom, selftest } from './selftest.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    jobs: { type: 'string', default: '2' },
    seconds: { type: 'string', default: '300' },
    from: { type: 'string', default: '1' },
    /** Known seeds prove that the bug can be found, not how soon. */
    known: { type: 'boolean', default: false },
    verbose: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

if (values.help) {
  console.log(`Hunts planted bugs with the simulator; prints what found each, and how soon.

  node build/test/simulation/selftest-main.js [flags] [bug ...]

  --jobs N      processes side by side (default 2)
  --seconds S   at most so long for one bug (default 300)
  --from SEED   the first seed (default 1)
  --known       the seeds that are known to find them: whether, not how soon
  --verbose     what each run says`);
  process.exit(0);
}

const named = bugsNamed(positionals);
const { problems } = await selftest({
  jobs: Number(values.jobs),
  budgetMs: Number(values.seconds) * 1000,
  bugs: values.known ? named : named.map((bug) => ({ ...bug, seeds: [] })),
  seeds: () => seedsFrom(Number(values.from)),
  tell: (line) => console.log(line),
  verbose: values.verbose,
});
for (const problem of problems) console.log(`\n${problem}`);
process.exitCode = problems.length === 0 ? 0 : 1;
