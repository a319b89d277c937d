/** All planted bugs. What finds each, and how soon: ../checks/README.md. */
import { consensusBugs } from './consensus-bugs.js';
import { durabilityBugs } from './durability-bugs.js';
import { membershipBugs } from './membership-bugs.js';
import type { PlantedBug } from './planted-bug.js';
import { snapshotBugs } from './snapshot-bugs.js';

export const plantedBugs: readonly PlantedBug[] = [
  ...consensusBugs,
  ...durabilityBugs,
  ...membershipBugs,
  ...snapshotBugs,
];
