const words = new URLSearchParams(window.location.search).get('q')
document.getElementById('plain').textContent = words
document.getElementById('result').innerHTML = '<b>' + words + '</b>'
window.addEventListener('message', (event) => {
  if (event.origin !== 'https://shop.example') return
  document.getElementById('note').innerHTML = event.data
})
window.parent.postMessage({ kind: 'ready' }, '*')
