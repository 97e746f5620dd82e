import helmet from 'helmet';

/** The API answers data alone: nothing in an answer may be run or framed by a browser. */
export const apiHeaders = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
  },
  crossOriginResourcePolicy: { policy: 'same-origin' },
  referrerPolicy: { policy: 'no-referrer' },
});

/** Pages run the scripts that this server itself serves and talk to it alone; nothing inline. */
export const pageHeaders = pagePolicy([]);

/** The documentation's viewer sets styles and draws its icons inline. */
export const docsPageHeaders = pagePolicy(["'unsafe-inline'"]);

function pagePolicy(inlineStyle: readonly string[]) {
  return helmet({
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'", ...inlineStyle],
        imgSrc: ["'self'", 'data:'],
        connectSrc: ["'self'"],
        formAction: ["'none'"],
        baseUri: ["'none'"],
        frameAncestors: ["'none'"],
      },
    },
    referrerPolicy: { policy: 'no-referrer' },
  });
}
