import type { ProviderRequest } from '@isoquorum/participant/participant-api';
import { render } from 'preact';
import { becomeLeader } from './session/leader.ts';
import { startSession } from './session/start-session.ts';
import { openContractBook } from './state/contract-book.ts';
import { createSession } from './state/session.ts';
import './styles/all.css';
import { SecondTab } from './ui/second-tab.tsx';
import { Shell } from './ui/shell.tsx';

declare global {
  interface Window {
    /** The participant's EIP-1193 provider, for dapps on this page. */
    isoquorum?: { request(request: ProviderRequest): Promise<unknown> };
  }
}

async function main(root: HTMLElement): Promise<void> {
  await becomeLeader(() => render(<SecondTab />, root));
  const api = startSession();
  window.isoquorum = { request: (request) => api.request(request) };
  render(<Shell session={createSession(api)} book={openContractBook(localStorage)} />, root);
}

const root = document.getElementById('app');
if (root !== null)
  main(root).catch((error: unknown) => {
    root.textContent = `The page could not start: ${String(error)}`;
  });
