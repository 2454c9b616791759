import { privilegesOn } from './privileges-on.ts';

// 6.12, which says the same, is in test:slow.
privilegesOn('6.1');
