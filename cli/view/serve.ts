/** Serves the page to this machine alone: files that are known by name, nothing of the disk, and headers that say what the page may do. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { extname } from 'node:path'
import { FailedError } from '../../runtime-as/errors.ts'
import { contentPolicy } from '../../site/policy.ts'
import type { Site } from './site.ts'

const types: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
}

const headers = {
  'content-security-policy': `${contentPolicy}; frame-ancestors 'none'`,
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'cache-control': 'no-store',
}

/** port: 0 takes any that is free. Throws FailedError where it cannot be had. */
export async function serve(site: Site, port: number): Promise<{ url: string; close(): Promise<void> }> {
  const made = new Map<string, Promise<Uint8Array>>()
  const server = createServer((request, response) => {
    answer(site, made, request, response).catch((error: Error) => {
      response.writeHead(500, headers).end(error.message)
    })
  })
  await listen(server, port)
  const { port: taken } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${taken}/`,
    async close() {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', ({ code }: NodeJS.ErrnoException) => {
      reject(new FailedError(`--port ${port}: cannot be had (${code}), expected one that is free; 0 takes any`))
    })
    server.listen(port, '127.0.0.1', resolve)
  })
}

async function answer(
  site: Site,
  made: Map<string, Promise<Uint8Array>>,
  { method, url = '/', headers: asked }: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  // a page of elsewhere whose name was made to lead here reads nothing
  const local = /^(127\.0\.0\.1|localhost)(:\d+)?$/.test(asked.host ?? '')
  const path = url.split('?')[0].slice(1) || 'index.html'
  const make = site.get(path)
  if (!local || !make || (method !== 'GET' && method !== 'HEAD')) {
    response.writeHead(local && make ? 405 : 404, headers).end()
    return
  }
  if (!made.has(path)) made.set(path, Promise.resolve(make()))
  const bytes = await made.get(path)!
  const type = types[extname(path)] ?? 'application/octet-stream'
  response.writeHead(200, { ...headers, 'content-type': type, 'content-length': bytes.length })
  response.end(method === 'HEAD' ? undefined : bytes)
}
