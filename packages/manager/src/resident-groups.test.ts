import { bytesToBase64 } from '@isoquorum/primitives/base64';
import { describe, expect, it } from 'vitest';
import { checkResidentGroups, type ResidentGroupOptions } from './resident-groups.ts';
import { startTestManagers } from './testing/manager-network.ts';

const keys = [1, 2].map((fill) => new Uint8Array(32).fill(fill));
const [one, two] = keys.map(bytesToBase64) as [string, string];
const stranger = bytesToBase64(new Uint8Array(32).fill(9));

describe('resident groups', () => {
  it('hold every own key once, and no other, in the words of Tessera', () => {
    const check =
      (...groups: ResidentGroupOptions[]) =>
      (): void =>
        checkResidentGroups(groups, keys);
    expect(check({ name: 'A', members: [one] }, { name: 'B', members: [two] })).not.toThrow();
    expect(check({ name: 'A', members: [one, two, stranger] })).toThrow(
      `Key PublicKey[${stranger}] configured in resident groups must be locally managed`,
    );
    expect(check({ name: 'A', members: [one, two] }, { name: 'B', members: [two] })).toThrow(
      'Key cannot belong to more than one resident group.',
    );
    expect(check({ name: 'A', members: [one] })).toThrow(`PublicKey[${two}] must belong to a resident group`);
  });

  it('are listed for nodes, or 503 says that there are none', async () => {
    const without = await startTestManagers(1);
    const { q2t, publicKeys } = without.managers[0]!.running;
    await expect(q2t.residentGroups()).rejects.toMatchObject({
      message: '503 status: Multiple private state feature is not available on this privacy manager',
    });
    const members = publicKeys.map(bytesToBase64);
    await without.stopAll();
    const groups = await startTestManagers(1, { residentGroups: [{ name: 'PSA', members }] });
    expect(await groups.managers[0]!.running.q2t.residentGroups()).toEqual([{ name: 'PSA', psi: 'PSA', members }]);
    await groups.stopAll();
    await expect(startTestManagers(1, { residentGroups: [] })).rejects.toMatchObject({
      code: 'RESIDENT_GROUP_INVALID',
    });
  });

  it('seal and open for contract extension', async () => {
    const network = await startTestManagers(1);
    const { q2t } = network.managers[0]!.running;
    const sealed = await q2t.seal(Uint8Array.of(1, 2, 3), undefined, []);
    expect(await q2t.openSealed(sealed)).toEqual(Uint8Array.of(1, 2, 3));
    await network.stopAll();
  });
});
