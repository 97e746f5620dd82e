/** The page's frame; all of its content is placed by page.js. `base` is where the router is mounted. */
export const PAGE_HTML = (base: string): string => `<!doctype html>
<html lang="en" data-base="${base}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Local Slack · Countersign</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${base}/page.css">
<script src="${base}/page.js" defer></script>
</head>
<body>
<p class="banner"><strong>A stand-in for Slack, on this machine.</strong>
<span>No Slack token is set. Nothing here reaches slack.com, and it is gone when the server stops.</span></p>
<div class="workspace">
<nav class="side" aria-label="Workspace">
<label class="me"><span>You are</span><select id="me"></select></label>
<button type="button" class="quiet" id="add-person">Add a person</button>
<h2 id="channels-title">Conversations</h2>
<ul id="channels" aria-labelledby="channels-title"></ul>
<p id="link" class="link-state" role="status"></p>
</nav>
<main>
<header class="head"><h1 id="title"></h1><p id="subtitle"></p></header>
<div id="messages" class="messages" role="log" aria-live="polite" tabindex="0"></div>
<p id="notice" role="alert"></p>
<form id="composer" class="composer" autocomplete="off">
<label class="hidden" for="text">Message</label>
<input id="text" maxlength="4000" placeholder="Message, or a command such as /approvals">
<button type="submit">Send</button>
</form>
</main>
</div>
<dialog id="modal" aria-labelledby="modal-title"></dialog>
<dialog id="confirm" class="small" aria-labelledby="confirm-title"></dialog>
<dialog id="person" class="small" aria-labelledby="person-title"></dialog>
<noscript>This page needs JavaScript.</noscript>
</body>
</html>
`;
