import t from 'tap';
import { storeContract } from '../../contracts/store.js';
import { testHash } from './commands.js';
import { ModelStore } from './model-store.js';

storeContract(t, () => new ModelStore(testHash));
