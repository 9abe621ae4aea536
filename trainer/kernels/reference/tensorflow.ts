/**
 * Starts tfjs: on @tensorflow/tfjs-node where it is installed, else on tfjs' own wasm backend. tfjs-core's file for Node leaves the gradients
 * out, and its ES modules name each other without ".js", which Node refuses: their names are completed here as they are resolved.
 */
import { createRequire, registerHooks } from 'node:module'
import { InputError } from '../../../runtime-as/errors.ts'

const packages = ['@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-wasm'] as const

const require = createRequire(import.meta.url)

let started: Promise<string> | undefined

/** The name of the backend; throws InputError where the packages are missing. */
export function startTensorflow(): Promise<string> {
  started ??= start()
  return started
}

async function start(): Promise<string> {
  registerHooks({
    resolve(specifier, context, next) {
      const inside = context.parentURL?.includes('/@tensorflow/tfjs-core/dist/')
      const bare = specifier.startsWith('.') && !specifier.endsWith('.js')
      return next(inside && bare ? `${specifier}.js` : specifier, context)
    },
  })
  const missing = packages.filter((name) => !isInstalled(name))
  if (missing.length)
    throw new InputError(`backend reference: needs tfjs, which is not installed: npm install ${missing.join(' ')}`)
  const tf = await import('@tensorflow/tfjs-core')
  await import('@tensorflow/tfjs-core/dist/register_all_gradients.js')
  const native = isInstalled('@tensorflow/tfjs-node')
  if (native) require('@tensorflow/tfjs-node')
  else await import('@tensorflow/tfjs-backend-wasm')
  await tf.setBackend(native ? 'tensorflow' : 'wasm')
  return tf.getBackend()
}

function isInstalled(name: string): boolean {
  try {
    require.resolve(name)
    return true
  } catch {
    return false
  }
}
