import type { Session } from '../../state/session.ts';
import { Badge, Card, Code, Empty } from '../bits.tsx';

/** The validator set that follows from the chain, with which of them this page watches. */
export function ValidatorTable(props: { session: Session }) {
  const { validators, network } = props.session.part;
  const quorum = network.value?.quorum;
  return (
    <Card
      title="Validators"
      testId="validators"
      aside={quorum === undefined ? undefined : <Badge tone="neutral">quorum {quorum}</Badge>}
    >
      {validators.value.length === 0 ? (
        <Empty>The set is read from the genesis block and followed through every vote.</Empty>
      ) : (
        <table>
          <thead>
            <tr>
              <th scope="col">Validator</th>
              <th scope="col">Watched</th>
              <th scope="col">Proposed</th>
              <th scope="col">Sealed</th>
            </tr>
          </thead>
          <tbody>
            {validators.value.map((validator) => (
              <tr key={validator.address} data-testid="validator" data-address={validator.address}>
                <th scope="row">
                  {validator.name === undefined ? undefined : <span class="name">{validator.name}</span>}
                  <Code value={validator.address} label="validator address" />
                </th>
                <td>{validator.connected ? <Badge tone="good">connected</Badge> : <span class="muted">no</span>}</td>
                <td>{validator.lastProposed === undefined ? '–' : `#${validator.lastProposed}`}</td>
                <td>{validator.lastSealed === undefined ? '–' : `#${validator.lastSealed}`}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </Card>
  );
}
