import { useSignal } from '@preact/signals';
import type { ContractBook } from '../../state/contract-book.ts';
import { shorten } from '../../state/format.ts';
import type { Session } from '../../state/session.ts';
import { Badge, Card, Empty } from '../bits.tsx';
import { ContractPanel } from './contract-panel.tsx';
import { DeployForm } from './deploy-form.tsx';

/** Contracts that this page knows, one of them opened, or the form that deploys another. */
export function ContractsSection(props: { session: Session; book: ContractBook }) {
  const { session, book } = props;
  const contracts = session.part.contracts.value;
  const chosen = useSignal<string | undefined>(undefined);
  const open = contracts.find((contract) => contract.address === chosen.value);
  return (
    <div class="split">
      <Card title="Contracts" testId="contracts">
        <button
          type="button"
          class="button wide"
          data-testid="deploy-new"
          aria-pressed={open === undefined}
          onClick={() => {
            chosen.value = undefined;
          }}
        >
          Deploy a contract
        </button>
        {contracts.length === 0 ? (
          <Empty>Contracts that you deploy, or that others deploy for you, appear here.</Empty>
        ) : (
          <ul class="plain contract-list">
            {contracts.map((contract) => (
              <li key={contract.address}>
                <button
                  type="button"
                  class="contract-item"
                  data-testid="contract-item"
                  data-address={contract.address}
                  data-private={contract.private}
                  aria-pressed={open?.address === contract.address}
                  onClick={() => {
                    chosen.value = contract.address;
                  }}
                >
                  <span>
                    <strong>{book.find(contract.address, contract.codeHash)?.name ?? 'Unknown code'}</strong>
                    <small>{shorten(contract.address)}</small>
                  </span>
                  <Badge tone={contract.private ? 'private' : 'public'}>
                    {contract.private ? 'private' : 'public'}
                  </Badge>
                </button>
              </li>
            ))}
          </ul>
        )}
      </Card>
      {open === undefined ? (
        <DeployForm
          session={session}
          book={book}
          onDeployed={(address) => {
            chosen.value = address;
          }}
        />
      ) : (
        <ContractPanel key={open.address} contract={open} session={session} book={book} />
      )}
    </div>
  );
}
