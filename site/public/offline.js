// Keeps the page for when there is no network: everything that it was given once. A new version of the page has another cache.
const version = new URL(self.location.href).searchParams.get('v')
const cache = `bpd-${version}`

self.addEventListener('install', (event) => event.waitUntil(self.skipWaiting()))

self.addEventListener('activate', (event) => {
  const clean = async () => {
    for (const name of await caches.keys()) if (name.startsWith('bpd-') && name !== cache) await caches.delete(name)
    await self.clients.claim()
  }
  event.waitUntil(clean())
})

// from the network where there is one: a host may have a newer page
self.addEventListener('fetch', (event) => {
  const { request } = event
  if (request.method !== 'GET' || new URL(request.url).origin !== self.location.origin) return
  const keep = async (fresh) => {
    try {
      await (await caches.open(cache)).put(request, fresh)
    } catch {
      // no room: with the network the page works all the same
    }
  }
  const answer = async () => {
    try {
      const fresh = await fetch(request)
      if (fresh.ok) event.waitUntil(keep(fresh.clone()))
      return fresh
    } catch (error) {
      const found = await (await caches.open(cache)).match(request, { ignoreSearch: true })
      if (found) return found
      throw error
    }
  }
  event.respondWith(answer())
})
