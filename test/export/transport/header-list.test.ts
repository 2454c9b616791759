import assert from 'node:assert/strict';
import { test } from 'node:test';
import { headerList } from '../../../src/export/transport/header-list.ts';

const CASES: readonly (readonly [string, string, Readonly<Record<string, string>>, readonly string[]])[] = [
  ['a port that is the default', 'http://host:80/v1/logs', {}, ['Host', 'host']],
  ['another port, of an IPv6 address', 'http://[::1]:4318/', { A: 'b' }, ['Host', '[::1]:4318', 'A', 'b']],
  ['a name twice', 'http://h/', { 'Content-Type': 'a', 'content-type': 'b' }, ['Host', 'h', 'content-type', 'b']],
  ['a host of its own', 'http://h/', { host: 'other' }, ['host', 'other']],
  ['what the body says itself', 'http://h/', { 'Content-length': '1', 'transfer-encoding': 'x' }, ['Host', 'h']],
  ['credentials', 'http://us%20er:p%3A@h/', {}, ['Host', 'h', 'Authorization', `Basic ${btoa('us er:p:')}`]],
  ['credentials twice', 'http://user@h/', { authorization: 'Bearer x' }, ['Host', 'h', 'authorization', 'Bearer x']],
];
for (const [name, url, headers, expected] of CASES) {
  test(`headers of a request: ${name}`, () => assert.deepEqual(headerList(new URL(url), headers), expected));
}
