import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readNetworkLabels } from './network-labels.ts';

const numRuns = Number(process.env['FUZZ_RUNS'] ?? 300);

const text = fc.oneof(fc.string(), fc.anything());
const node = fc.record(
  { name: text, validator: text, manager: text, multiaddrs: fc.oneof(fc.array(text), fc.anything()) },
  { requiredKeys: [] },
);
const manager = fc.record({ name: text, publicKeys: fc.oneof(fc.array(text), fc.anything()) }, { requiredKeys: [] });
const document = fc.record({
  nodes: fc.oneof(fc.array(fc.oneof(node, fc.anything())), fc.anything()),
  managers: fc.oneof(fc.array(fc.oneof(manager, fc.anything())), fc.anything()),
});

test('takes whatever a server says', () => {
  fc.assert(
    fc.property(fc.oneof(fc.anything(), document), (json) => {
      expect(readNetworkLabels(json)).toHaveProperty('validators');
    }),
    { numRuns },
  );
});
