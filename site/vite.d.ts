/** A worker's script, bundled by itself: its address. */
declare module '*?worker&url' {
  const url: string
  export default url
}
