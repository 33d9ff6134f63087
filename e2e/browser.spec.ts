import { expect, test } from 'playwright/test';

test('the browser has what a party needs: X25519, Ed25519, IndexedDB, WebRTC', async ({ page }) => {
  await page.route('http://127.0.0.1:9/', (route) =>
    route.fulfill({ contentType: 'text/html', body: '<title>x</title>' }),
  );
  await page.goto('http://127.0.0.1:9/');
  const has = await page.evaluate(async () => {
    const x25519 = (await crypto.subtle.generateKey({ name: 'X25519' }, false, ['deriveBits'])) as CryptoKeyPair;
    const ed25519 = (await crypto.subtle.generateKey({ name: 'Ed25519' }, false, ['sign', 'verify'])) as CryptoKeyPair;
    return {
      x25519: x25519.privateKey.extractable,
      ed25519: ed25519.privateKey.extractable,
      indexedDb: typeof indexedDB,
      webRtc: typeof RTCPeerConnection,
    };
  });
  expect(has).toEqual({ x25519: false, ed25519: false, indexedDb: 'object', webRtc: 'function' });
});
