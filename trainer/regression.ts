/** Linear least squares with a little ridge, for columns of very different sizes. */

/** Solves A z = b for a symmetric positive A of shape (n, n), in place; b: shape (n, columns). */
export function solve(A: Float64Array, b: Float64Array, n: number, width: number): Float64Array {
  // Cholesky: A = L L'
  for (let j = 0; j < n; j++) {
    for (let k = 0; k < j; k++) for (let i = j; i < n; i++) A[i * n + j] -= A[i * n + k] * A[j * n + k]
    const root = Math.sqrt(Math.max(A[j * n + j], 1e-12))
    for (let i = j; i < n; i++) A[i * n + j] /= root
  }
  for (let c = 0; c < width; c++) {
    for (let i = 0; i < n; i++) {
      for (let k = 0; k < i; k++) b[i * width + c] -= A[i * n + k] * b[k * width + c]
      b[i * width + c] /= A[i * n + i]
    }
    for (let i = n - 1; i >= 0; i--) {
      for (let k = i + 1; k < n; k++) b[i * width + c] -= A[k * n + i] * b[k * width + c]
      b[i * width + c] /= A[i * n + i]
    }
  }
  return b
}

/** How y, shape (rows, a), depends on x, shape (rows, o), around their means: shape (a, o), in the units of both. */
export function slopes(
  x: Float32Array,
  y: Float32Array,
  { rows, o, a, ridge = 0.02 }: { rows: number; o: number; a: number; ridge?: number },
): Float64Array {
  const [mx, my] = [new Float64Array(o), new Float64Array(a)]
  for (let r = 0; r < rows; r++) {
    for (let i = 0; i < o; i++) mx[i] += x[r * o + i] / rows
    for (let k = 0; k < a; k++) my[k] += y[r * a + k] / rows
  }
  const sx = new Float64Array(o)
  for (let r = 0; r < rows; r++) for (let i = 0; i < o; i++) sx[i] += (x[r * o + i] - mx[i]) ** 2 / rows
  for (let i = 0; i < o; i++) sx[i] = Math.sqrt(sx[i]) || 1
  const [A, b] = [new Float64Array(o * o), new Float64Array(o * a)]
  const z = new Float64Array(o)
  for (let r = 0; r < rows; r++) {
    for (let i = 0; i < o; i++) z[i] = (x[r * o + i] - mx[i]) / sx[i]
    for (let i = 0; i < o; i++) {
      for (let j = 0; j <= i; j++) A[i * o + j] += (z[i] * z[j]) / rows
      for (let k = 0; k < a; k++) b[i * a + k] += (z[i] * (y[r * a + k] - my[k])) / rows
    }
  }
  for (let i = 0; i < o; i++) {
    A[i * o + i] += ridge
    for (let j = 0; j < i; j++) A[j * o + i] = A[i * o + j]
  }
  solve(A, b, o, a)
  const result = new Float64Array(a * o)
  for (let i = 0; i < o; i++) for (let k = 0; k < a; k++) result[k * o + i] = b[i * a + k] / sx[i]
  return result
}
