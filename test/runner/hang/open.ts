import { test } from 'node:test';

setInterval(() => {}, 1000);
test('one that leaves a timer');
