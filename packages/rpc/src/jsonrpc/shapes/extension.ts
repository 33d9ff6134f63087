/** One open extension of a private contract; what `quorumExtension_activeExtensionContracts` lists. */
export interface ExtensionJson {
  readonly contractExtended: string;
  /** Who offered it. */
  readonly initiator: string;
  /** The account that may accept. */
  readonly recipient: string;
  readonly managementContractAddress: string;
  /** Base64 key of the new party. */
  readonly recipientPtmKey: string;
  /** Base64 of the encrypted payload hash of the management contract's creation. */
  readonly creationData: string;
}
