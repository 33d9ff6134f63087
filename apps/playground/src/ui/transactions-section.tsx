import type { TransactionView } from '@isoquorum/participant/participant-view';
import type { ContractBook } from '../state/contract-book.ts';
import { groupDigits, shorten } from '../state/format.ts';
import type { Session } from '../state/session.ts';
import { transactionModel } from '../state/transaction-model.ts';
import { Badge, Card, Code, Empty, Fact } from './bits.tsx';

/** What went over the chain, and what this page can and cannot read of it. */
export function TransactionsSection(props: { session: Session; book: ContractBook }) {
  const transactions = props.session.part.transactions.value;
  return (
    <Card title="Transactions" testId="transactions">
      {transactions.length === 0 ? (
        <Empty>No transaction yet. Deploy a contract, or wait for someone else's.</Empty>
      ) : (
        <ul class="plain transactions">
          {transactions.map((transaction) => (
            <li key={transaction.hash}>
              <TransactionRow transaction={transaction} {...props} />
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

function TransactionRow(props: { transaction: TransactionView; session: Session; book: ContractBook }) {
  const { transaction, session, book } = props;
  const address = transaction.to ?? transaction.contractAddress;
  const contract = session.part.contracts.value.find((candidate) => candidate.address === address);
  const known = address === undefined ? undefined : book.find(address, contract?.codeHash ?? '');
  const model = transactionModel(transaction, known?.abi, known?.name);
  const nameOf = (key: string): string =>
    key === session.part.party.value?.enclaveKey
      ? 'this page'
      : (session.part.directory.value.find((entry) => entry.enclaveKey === key)?.name ?? shorten(key));
  return (
    <details
      class={`transaction transaction-${model.tone}`}
      data-testid="transaction"
      data-hash={transaction.hash}
      data-readability={transaction.readability}
      data-status={transaction.status ?? 'unknown'}
      data-block={transaction.blockNumber}
    >
      <summary>
        <Badge tone={model.tone} testId="transaction-badge">
          {model.badge}
        </Badge>
        <span class="transaction-title" data-testid="transaction-title">
          {model.title}
        </span>
        {transaction.mine ? <Badge tone="neutral">mine</Badge> : undefined}
        {model.outcome === undefined ? undefined : (
          <span class={`outcome outcome-${model.outcomeTone}`}>{model.outcome}</span>
        )}
        <span class="muted">
          {transaction.blockNumber === undefined ? 'pending' : `#${groupDigits(transaction.blockNumber)}`}
        </span>
      </summary>
      <p class="note">{model.explanation}</p>
      <dl class="facts">
        <Fact term="Hash">
          <Code value={transaction.hash} label="transaction hash" testId="transaction-hash" />
        </Fact>
        <Fact term="From">
          <Code value={transaction.from} label="sender" />
        </Fact>
        {transaction.to === undefined ? undefined : (
          <Fact term="To">
            <Code value={transaction.to} label="recipient" />
          </Fact>
        )}
        {transaction.contractAddress === undefined ? undefined : (
          <Fact term="Contract">
            <Code value={transaction.contractAddress} label="contract address" testId="transaction-contract" />
          </Fact>
        )}
        {transaction.payloadHash === undefined ? undefined : (
          <Fact term="Payload hash">
            <Code value={transaction.payloadHash} label="payload hash" />
          </Fact>
        )}
        {transaction.parties.length === 0 ? undefined : (
          <Fact term="Parties">{transaction.parties.map(nameOf).join(', ')}</Fact>
        )}
        {transaction.data === undefined ? undefined : (
          <Fact term="Data">
            <Code value={transaction.data} label="data" testId="transaction-data" />
          </Fact>
        )}
        {model.events.length === 0 ? undefined : (
          <Fact term="Events">
            <ul class="plain">
              {model.events.map((event, index) => (
                <li key={index} data-testid="transaction-event">
                  {event}
                </li>
              ))}
            </ul>
          </Fact>
        )}
      </dl>
    </details>
  );
}
