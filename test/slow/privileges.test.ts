import { privilegesOn } from '../vm/privileges-on.ts';

privilegesOn('6.12');
