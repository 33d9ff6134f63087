import type { Receipt } from '@isoquorum/primitives/receipt';
import type { PrivateReceipt } from './types.ts';

/**
 * The receipts as a private state sees them: each private receipt in the place of the public one, and that of a marker's private transaction
 * beside the marker's own, under the name of the private state (goquorum.md 3.3, 6).
 */
export function mergeReceipts(
  publicReceipts: readonly Receipt[],
  privateReceipts: readonly PrivateReceipt[],
  psi = 'private',
): readonly Receipt[] {
  if (privateReceipts.length === 0) return publicReceipts;
  const merged = [...publicReceipts];
  for (const { index, isInner, receipt } of privateReceipts) {
    const marker = publicReceipts[index];
    merged[index] =
      isInner && marker !== undefined ? { ...marker, privateReceipts: new Map([[psi, receipt]]) } : receipt;
  }
  return merged;
}
